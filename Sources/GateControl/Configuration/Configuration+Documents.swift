internal import GateConfig

extension Configuration {
    /// The JSON Schema (draft 2020-12) of configuration files, for editors.
    public static func jsonSchema() -> String { SchemaWriter.schema(of: definition.description) }

    /// The reference page of configuration files, in Markdown.
    public static func referenceMarkdown() -> String {
        referenceIntroduction + "\n" + ReferenceWriter.sections(of: definition.description)
    }

    private static let referenceIntroduction = """
        # Configuration

        <!-- Generated from the definitions in Sources/GateControl/Configuration; refresh: GATE_UPDATE_DOCS=1 swift test. -->

        A configuration is a YAML file, `gatehouse.yaml` unless `--config` names another. `gatehouse check` reads it and
        reports every mistake as `FILE:LINE:COLUMN: error: …`. A file that has an error never replaces a running configuration.
        Editors complete and check the file with `gatehouse.schema.json`; put this in its first line:

        ```yaml
        # yaml-language-server: $schema=gatehouse.schema.json
        ```

        **Durations** are a number and a unit: `250ms`, `30s`, `5m`, `1h`, `1d`. **Sizes** are bytes, or a number and a unit:
        `16KiB`, `1MiB`, `1GiB`. Where `off` is allowed it switches the setting off or removes the limit.

        **Environment.** `${NAME}` in a value is replaced by that variable, and `${NAME:-default}` by the default if the
        variable is missing or empty; `$${` stands for `${` itself. What a variable holds is never read as YAML, and messages
        show the reference instead of it.

        **Anchors.** `&name`, `*name` and `<<: *name` work as in any YAML; keys at the top level that begin with `x-` are
        ignored and may hold anchors.

        """
}
