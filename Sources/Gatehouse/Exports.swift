// An embedding program imports `Gatehouse` and has what it needs to configure a proxy and to write a filter.

@_exported public import GateConfig
@_exported public import GateControl
@_exported public import GateCore
@_exported public import GateHTTP
@_exported public import GateProxy
