// Bytes of an exchange, borrowed from it: the compiler sees to it that nobody keeps them.
//
// Safe for all below: heads are filled before anybody looks, what filters add goes to storage that outlives the
// exchange even when it is outgrown (`keepsOutgrown`), and both are emptied only between exchanges, when no call that
// was lent an exchange is under way.

import GateCore
import GateHTTP

extension Exchange {
    /// The value of the request's field record at `index`.
    @_lifetime(borrow self)
    public func requestValue(_ index: Int) -> Span<UInt8> { lend(unsafe request.unsafeValue(index)) }

    /// The name of the request's field record at `index`.
    @_lifetime(borrow self)
    public func requestName(_ index: Int) -> Span<UInt8> { lend(unsafe request.unsafeName(index)) }

    /// The value of the response's field record at `index`.
    @_lifetime(borrow self)
    public func responseValue(_ index: Int) -> Span<UInt8> { lend(unsafe response.unsafeValue(index)) }

    /// The request's target as it was received.
    public var requestTarget: Span<UInt8> {
        @_lifetime(borrow self) get { lend(unsafe request.unsafeReceived(request.targetRange)) }
    }

    /// The request's method as it was received.
    public var requestMethod: Span<UInt8> {
        @_lifetime(borrow self) get { lend(unsafe request.unsafeReceived(request.methodRange)) }
    }

    /// The response's reason phrase as it was received.
    var responseReason: Span<UInt8> {
        @_lifetime(borrow self) get { lend(unsafe response.unsafeReceived(response.reasonRange)) }
    }

    /// The host that was asked for, in lower case and without its port; empty when HTTP/1.0 named none.
    public var host: Span<UInt8> {
        @_lifetime(borrow self) get { lend(unsafe normalized.unsafeElements()).extracting(0..<hostCount) }
    }

    /// The path that routing saw: unreserved octets decoded, dot segments removed, slashes merged.
    public var path: Span<UInt8> {
        @_lifetime(borrow self) get { lend(unsafe normalized.unsafeElements()).extracting(hostCount...) }
    }

    /// The target that servers get in the place of the client's; empty unless the route rewrites.
    public var rewrittenTarget: Span<UInt8> {
        @_lifetime(borrow self) get { lend(unsafe rewritten.unsafeElements()) }
    }

    /// The request's id, made here or kept from a trusted proxy.
    public var id: Span<UInt8> {
        @_lifetime(borrow self) get { lend(unsafe requestID.unsafeElements()) }
    }

    @_lifetime(borrow self)
    @inline(__always)
    private func lend(_ bytes: UnsafeBufferPointer<UInt8>) -> Span<UInt8> {
        unsafe _overrideLifetime(Span(_unsafeElements: bytes), borrowing: self)
    }
}
