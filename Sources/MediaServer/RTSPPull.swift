import CAV
import Foundation
import Media
import NIOCore

/// A camera pulled by its address through libav, on a thread of its own.
final class RTSPPull: Sendable {
    private let pull: OpaqueBox
    /// How long opening, the first packet, and every packet after it may take, in milliseconds; the hub's own watch of
    /// stages waits longer, so that it is said what the camera did.
    private static let longestStep: Int32 = 8_000

    private struct OpaqueBox: @unchecked Sendable {
        // Only `zl_pull_stop` is called from outside the thread, which libav's interrupt callback allows.
        let pointer: OpaquePointer
    }

    /// An address with user and password in it, or `nil` when it is no RTSP address.
    static func address(_ url: String, username: String, password: String) -> String? {
        guard url.utf8.count <= 500, var parts = URLComponents(string: url), parts.scheme?.lowercased() == "rtsp",
            parts.host?.isEmpty == false
        else { return nil }
        if !username.isEmpty {
            parts.user = username
            parts.password = password
        }
        return parts.string
    }

    /// Starts at once; `nil` when there is no memory.
    init?(_ address: String, overUDP: Bool, source: SourceID, hub: Hub) {
        guard let pointer = zl_pull_new() else { return nil }
        let box = OpaqueBox(pointer: pointer)
        pull = box
        let bound = NIOLoopBound(hub, eventLoop: hub.loop)
        let loop = hub.loop
        Thread.detachNewThread {
            Self.run(box, address, overUDP) { work in loop.execute { work(bound.value, source) } }
        }
    }

    func stop() { zl_pull_stop(pull.pointer) }

    private static func run(
        _ box: OpaqueBox, _ address: String, _ overUDP: Bool,
        on hub: (@escaping @Sendable (Hub, SourceID) -> Void) -> Void
    ) {
        let pull = box.pointer
        defer { zl_pull_free(pull) }
        let opened = zl_pull_open(pull, address, overUDP ? 1 : 0, longestStep)
        if let failure = failure(of: opened) { return hub { hub, id in hub.end(id, failure) } }
        hub { hub, id in hub.sources[id]?.reach(.address, at: hub.now) }
        let learned = zl_pull_learn(pull)
        if let failure = failure(of: learned) {
            return hub { hub, id in
                if learned > Int32(ZL_SILENT.rawValue) { hub.sources[id]?.reach(.firstPacket, at: hub.now) }
                hub.end(id, failure)
            }
        }
        var count = 0
        if let bytes = zl_pull_parameters(pull, &count) {
            let sets = Array(UnsafeBufferPointer(start: bytes, count: min(count, 8_192)))
            hub { hub, id in
                guard let source = hub.sources[id] else { return }
                source.takeVideo(sets, type: nil, pts: nil, dts: nil, at: hub.now)
            }
        }
        let sound: AACFormat? = zl_pull_sound(pull, &count).flatMap { start in
            AACFormat(config: Array(UnsafeBufferPointer(start: start, count: min(count, 17))))
        }
        while true {
            var bytes: UnsafePointer<UInt8>?
            var pts: Int64 = 0
            var dts: Int64 = 0
            let kind = zl_pull_read(pull, &bytes, &count, &pts, &dts)
            guard kind >= 0 else {
                let isSilent = zl_pull_timed_out(pull) == 1
                hub { hub, id in
                    let isFlowing = (hub.sources[id]?.stage ?? .signalling) >= .sync
                    hub.end(id, isSilent ? (isFlowing ? .stalled : .silent) : .closed)
                }
                return
            }
            guard kind > 0, let bytes, count <= PSDemuxer.largestFrame else { continue }
            let unit = Array(UnsafeBufferPointer(start: bytes, count: count))
            let times = (pts: pts, dts: dts)
            hub { hub, id in
                guard let source = hub.sources[id] else { return }
                switch UInt32(kind) {
                case ZL_H264.rawValue, ZL_H265.rawValue:
                    source.takeVideo(
                        unit, type: UInt32(kind) == ZL_H264.rawValue ? 0x1B : 0x24,
                        pts: times.pts < 0 ? nil : UInt64(times.pts), dts: times.dts < 0 ? nil : UInt64(times.dts),
                        at: hub.now)
                case ZL_AAC.rawValue:
                    if let sound { source.takeSound([ADTSReader.Frame(format: sound, bytes: unit)]) }
                case ZL_ALAW.rawValue: source.takeAudio(unit, type: 0x90)
                default: source.takeAudio(unit, type: 0x91)
                }
            }
        }
    }

    private static func failure(of result: Int32) -> MediaFailure? {
        switch UInt32(bitPattern: result) {
        case ZL_OPEN.rawValue: nil
        case ZL_UNREACHABLE.rawValue: .unreachable
        case ZL_UNAUTHORIZED.rawValue: .credentials
        case ZL_NO_STREAM.rawValue: .noStream
        case ZL_SILENT.rawValue: .silent
        case ZL_NO_VIDEO.rawValue: .noVideo
        case ZL_OTHER_CODEC.rawValue: .codec
        default: .refused
        }
    }
}
