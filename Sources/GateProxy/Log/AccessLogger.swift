// A worker's access log: lines are written into a buffer on the spot and handed over in batches.

import GateCore
import GateHTTP

/// Formats lines for one worker. Not thread safe.
final class AccessLogger {
    private static let batchBytes = 16 << 10
    /// A line waits at most about this long in the buffer.
    private static let batchMs: UInt64 = 100
    /// Bytes of one value; the rest is cut.
    static let valueBytesMax = 4096

    private let plan: AccessLogPlan
    private let workerIndex: Int
    private var buffer = ByteBuffer(capacity: 32 << 10)
    private var lines = 0
    private var oldestMs: UInt64 = 0
    private(set) var droppedCount = 0
    private var stamp = LogTimestamp()

    init(_ plan: AccessLogPlan, workerIndex: Int) {
        self.plan = plan
        self.workerIndex = workerIndex
    }

    func log(_ exchange: Exchange, nowNs: UInt64) {
        let isJSON = plan.escaping == .json
        for piece in plan.pieces {
            switch piece {
            case .text(let bytes): buffer.append(bytes.span)
            case .value(let value): write(value, exchange, nowNs, isJSON)
            }
        }
        buffer.append(byte: ASCII.lineFeed)
        lines += 1
        if buffer.count >= Self.batchBytes { flush() }
    }

    /// Hands lines over that have waited long enough; answers how long the loop may wait.
    func roundEnded(nowMs: UInt64) -> Int32 {
        guard !buffer.isEmpty else {
            oldestMs = 0
            return -1
        }
        if oldestMs == 0 { oldestMs = nowMs }
        if nowMs - oldestMs >= Self.batchMs {
            flush()
            return -1
        }
        return Int32(Self.batchMs)
    }

    func flush() {
        guard !buffer.isEmpty else { return }
        if !plan.sink.submit(buffer.span, lines: lines) { droppedCount += lines }
        buffer.removeAll()
        lines = 0
        oldestMs = 0
    }

    private func write(_ value: AccessLogValue, _ exchange: Exchange, _ nowNs: UInt64, _ isJSON: Bool) {
        switch value {
        case .time: stamp.appendISO(to: &buffer)
        case .combinedTime: stamp.appendCombined(to: &buffer)
        case .clientAddress:
            if exchange.facts.isPeerKnown {
                buffer.append(address: exchange.clientAddress)
            } else {
                buffer.append("unix:")
            }
        case .clientPort: buffer.append(decimal: Int(exchange.peerPort))
        case .requestID: escape(exchange.id, isJSON)
        case .requestMethod: escape(exchange.requestMethod, isJSON)
        case .requestHost: escape(exchange.host, isJSON)
        case .requestTarget: escape(exchange.requestTarget, isJSON)
        case .requestPath: escape(exchange.path, isJSON)
        case .requestProtocol: buffer.append(exchange.clientVersion.name)
        case .requestBytes: buffer.append(decimal: exchange.requestBodyBytes)
        case .requestField(let name):
            if let index = exchange.request.first(named: name.span) { escape(exchange.requestValue(index), isJSON) }
        case .status: buffer.append(decimal: exchange.status)
        case .responseBytes: buffer.append(decimal: exchange.responseBodyBytes)
        case .responseField(let name):
            if let index = exchange.response.first(named: name.span) { escape(exchange.responseValue(index), isJSON) }
        case .duration: seconds(exchange.startNs, nowNs)
        case .durationConnect: seconds(exchange.startNs, exchange.connectNs)
        case .durationFirstByte: seconds(exchange.startNs, exchange.firstByteNs)
        case .upstream: escape(exchange.upstream?.name, isJSON)
        case .server: escape(exchange.target?.name, isJSON)
        case .attempts: buffer.append(decimal: exchange.attempts)
        case .reason: buffer.append(exchange.reason.name)
        case .site: escape(exchange.site?.name, isJSON)
        case .route: escape(exchange.route?.name, isJSON)
        case .listener: buffer.append(text: exchange.listener.plan.name)
        case .worker: buffer.append(decimal: workerIndex)
        }
    }

    private func seconds(_ from: UInt64, _ to: UInt64) {
        let micros = to > from ? (to - from) / 1000 : 0
        buffer.append(decimal: Int(micros / 1_000_000))
        buffer.append(byte: 0x2E)
        var scale: UInt64 = 100_000
        while scale > 0 {
            buffer.append(byte: 0x30 + UInt8(truncatingIfNeeded: micros / scale % 10))
            scale /= 10
        }
    }

    private func escape(_ bytes: [UInt8]?, _ isJSON: Bool) {
        if let bytes { escape(bytes.span, isJSON) }
    }

    private func escape(_ bytes: Span<UInt8>, _ isJSON: Bool) {
        LogEscaping.append(
            bytes.count > Self.valueBytesMax ? bytes.extracting(0..<Self.valueBytesMax) : bytes,
            isJSON: isJSON, to: &buffer)
    }
}
