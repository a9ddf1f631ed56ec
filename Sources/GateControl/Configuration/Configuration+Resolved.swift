// What holds in one place after inheritance: top, then listener or upstream, then site, then route.

extension Configuration {
    /// The timeouts on a client's side of an exchange. Without a site and route: until a route is known.
    public func clientTimeouts(_ listener: Listener, _ site: Site? = nil, _ route: Route? = nil) -> Timeouts {
        timeouts.applying(listener.timeouts).applying(site?.timeouts ?? .init()).applying(route?.timeouts ?? .init())
    }

    /// The timeouts on a server's side of an exchange; `writeMs` is that of writing to the server.
    public func serverTimeouts(_ upstream: Upstream, _ site: Site? = nil, _ route: Route? = nil) -> Timeouts {
        timeouts.applying(upstream.timeouts).applying(site?.timeouts ?? .init()).applying(route?.timeouts ?? .init())
    }

    /// The limits on a client's side of an exchange. Without a site and route: until a route is known.
    ///
    /// `connectionsMax` and `connectionsPerClientMax` are the listener's own, as those at the top count over all listeners.
    public func clientLimits(_ listener: Listener, _ site: Site? = nil, _ route: Route? = nil) -> Limits {
        var base = limits
        base.connectionsMax = Configuration.unlimited
        base.connectionsPerClientMax = Configuration.unlimited
        return base.applying(listener.limits).applying(site?.limits ?? .init()).applying(route?.limits ?? .init())
    }

    /// The limits on a server's side of an exchange.
    public func serverLimits(_ upstream: Upstream) -> Limits { limits.applying(upstream.limits) }
}
