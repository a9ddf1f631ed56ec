/// Where keys and certificates live that Gatehouse got or made itself.
public enum StateFolder {
    /// The folder: as configured, else systemd's `$STATE_DIRECTORY`, else `gatehouse` in `$XDG_STATE_HOME` or in
    /// `~/.local/state`.
    /// - Returns: an absolute path; nil when neither the configuration nor the environment leads anywhere.
    public static func path(_ configuration: Configuration, environment: [String: String]) -> String? {
        if let state = configuration.state { return state }
        // systemd joins several folders with colons (systemd.exec(5)); the first one is ours.
        if let folder = environment["STATE_DIRECTORY"]?.split(separator: ":").first { return String(folder) }
        if let home = absolute(environment["XDG_STATE_HOME"]) { return "\(home)/gatehouse" }
        return absolute(environment["HOME"]).map { "\($0)/.local/state/gatehouse" }
    }

    private static func absolute(_ path: String?) -> String? { path.flatMap { $0.hasPrefix("/") ? $0 : nil } }
}
