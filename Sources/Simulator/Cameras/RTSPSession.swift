import Crypt
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// One connection to a simulated camera.
final class RTSPSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let plan: SimulatedRTSPCamera.Plan
    private let feed: PictureFeed
    private let notes: SimulatedRTSPCamera.Notes
    private let nonce = (0..<4).map { _ in String(UInt32.random(in: 0...UInt32.max), radix: 16) }.joined()
    private var received = ByteBuffer()
    private var context: ChannelHandlerContext?
    private var packer: PicturePackets
    private var taken: Int?
    /// The channel of the sound, once it was set up.
    private var soundChannel: UInt8?
    private var datagrams: (channel: any Channel, target: SocketAddress)?
    private static let longest = 65_536
    private static let realm = "zhili simulated camera"

    init(_ plan: SimulatedRTSPCamera.Plan, _ feed: PictureFeed, _ notes: SimulatedRTSPCamera.Notes) {
        self.plan = plan
        self.feed = feed
        self.notes = notes
        packer = PicturePackets(isHEVC: feed.isHEVC, perSecond: feed.perSecond)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        if let taken { feed.leave(taken) }
        datagrams?.channel.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        guard plan.mischief != .deaf, received.readableBytes <= Self.longest else { return }
        while let request = next() { answer(request, context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    struct Request {
        var method: String
        var uri: String
        var headers: [String: String]
    }

    /// The next whole request; interleaved packets of the client (its reports) are passed over.
    private func next() -> Request? {
        while let first = received.readableBytesView.first, first == UInt8(ascii: "$") {
            guard let length = received.getInteger(at: received.readerIndex + 2, as: UInt16.self),
                received.readableBytes >= 4 + Int(length)
            else { return nil }
            received.moveReaderIndex(forwardBy: 4 + Int(length))
        }
        let text = String(buffer: received)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let head = text[..<end.lowerBound]
        received.moveReaderIndex(forwardBy: head.utf8.count + 4)
        let lines = head.split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ").map(String.init)
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmed
        }
        return Request(method: words[0], uri: words[1], headers: headers)
    }

    private func answer(_ request: Request, _ context: ChannelHandlerContext) {
        notes.heard.withLock { if $0.methods.count < 1_000 { $0.methods.append(request.method) } }
        if request.method == "OPTIONS" {
            return reply(request, 200, [("Public", "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")])
        }
        guard isProved(request) else {
            return reply(
                request, 401, [("WWW-Authenticate", "Digest realm=\"\(Self.realm)\", nonce=\"\(nonce)\"")])
        }
        guard let slash = request.uri.dropFirst(7).firstIndex(of: "/"), request.uri[slash...].hasPrefix(plan.path)
        else {
            return reply(request, 404, [])
        }
        switch request.method {
        case "DESCRIBE":
            reply(
                request, 200, [("Content-Type", "application/sdp"), ("Content-Base", "\(request.uri)/")], description)
        case "SETUP": setUp(request, context)
        case "PLAY":
            reply(request, 200, [("Session", "1"), ("Range", "npt=0.000-")])
            play(context)
        case "TEARDOWN":
            reply(request, 200, [("Session", "1")])
            context.close(promise: nil)
        default: reply(request, 200, [("Session", "1")])
        }
    }

    private var description: String {
        let coding = plan.mischief == .otherCodec ? "VP8" : feed.isHEVC ? "H265" : "H264"
        let media =
            plan.mischief == .noVideo
            ? "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track1\r\n"
            : "m=video 0 RTP/AVP 96\r\na=rtpmap:96 \(coding)/90000\r\n"
                + (coding == "H264" ? "a=fmtp:96 packetization-mode=1\r\n" : "") + "a=control:track1\r\n"
        return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=simulated\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n" + media
            + (plan.tone.map(Self.described) ?? "")
    }

    private static func described(_ tone: AACTone) -> String {
        "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/\(AACTone.rate)/1\r\na=fmtp:97 profile-level-id=1;"
            + "mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=\(Secret.hex(tone.config))\r\n"
            + "a=control:track2\r\n"
    }

    private func setUp(_ request: Request, _ context: ChannelHandlerContext) {
        let wish = request.headers["transport"] ?? ""
        if request.uri.hasSuffix("track2") {
            guard wish.contains("interleaved=2-3") else { return reply(request, 461, []) }
            soundChannel = 2
            return reply(
                request, 200, [("Session", "1;timeout=60"), ("Transport", "RTP/AVP/TCP;unicast;interleaved=2-3")])
        }
        if wish.contains("TCP") {
            return reply(
                request, 200, [("Session", "1;timeout=60"), ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")])
        }
        guard let range = wish.range(of: "client_port="), let host = context.remoteAddress?.ipAddress,
            let port = Int(wish[range.upperBound...].prefix { $0.isNumber }), (1...65_535).contains(port),
            let target = try? SocketAddress(ipAddress: host, port: port)
        else { return reply(request, 461, []) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        DatagramBootstrap(group: context.eventLoop).bind(host: "0.0.0.0", port: 0).whenSuccess { channel in
            bound.value.datagrams = (channel, target)
            let own = channel.localAddress?.port ?? 0
            bound.value.reply(
                request, 200,
                [
                    ("Session", "1;timeout=60"),
                    (
                        "Transport",
                        "RTP/AVP/UDP;unicast;client_port=\(port)-\(port + 1);server_port=\(own)-\(own + 1)"
                    ),
                ])
        }
    }

    private func play(_ context: ChannelHandlerContext) {
        guard plan.mischief == nil, taken == nil else { return }
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        taken = feed.take { frame in loop.execute { bound.value.send(frame) } }
    }

    private func send(_ frame: PictureFeed.Frame) {
        guard let context, context.channel.isActive else { return }
        for packet in packer.packets(frame) {
            if let datagrams {
                datagrams.channel.write(
                    AddressedEnvelope(remoteAddress: datagrams.target, data: packet), promise: nil)
            } else {
                guard context.channel.isWritable else { break }
                write(packet, on: 0, context)
            }
        }
        if let tone = plan.tone, let soundChannel {
            for packet in packer.sound(tone, with: frame) { write(packet, on: soundChannel, context) }
        }
        datagrams?.channel.flush()
        context.flush()
    }

    private func write(_ packet: ByteBuffer, on channel: UInt8, _ context: ChannelHandlerContext) {
        var framed = ByteBuffer(bytes: [UInt8(ascii: "$"), channel])
        framed.writeInteger(UInt16(packet.readableBytes))
        framed.writeImmutableBuffer(packet)
        context.write(wrapOutboundOut(framed), promise: nil)
    }

    private func reply(_ request: Request, _ status: Int, _ headers: [(String, String)], _ body: String = "") {
        guard let context else { return }
        var text = "RTSP/1.0 \(status) \(status == 200 ? "OK" : "No")\r\nCSeq: \(request.headers["cseq"] ?? "0")\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n" + body)), promise: nil)
    }

    /// RFC 2617 clause 3.2.2 without quality of protection.
    private func isProved(_ request: Request) -> Bool {
        guard !plan.username.isEmpty else { return true }
        guard let header = request.headers["authorization"], header.hasPrefix("Digest ") else { return false }
        func value(_ name: String) -> String? {
            guard let start = header.range(of: "\(name)=\"") else { return nil }
            return header[start.upperBound...].firstIndex(of: "\"").map { String(header[start.upperBound..<$0]) }
        }
        func md5(_ text: String) -> String { Secret.hex(Digest.md5(Array(text.utf8))) }
        let first = md5("\(plan.username):\(Self.realm):\(plan.password)")
        let second = md5("\(request.method):\(value("uri") ?? "")")
        guard value("username") == plan.username, value("nonce") == nonce,
            value("response") == md5("\(first):\(nonce):\(second)")
        else { return false }
        notes.heard.withLock { $0.proved += 1 }
        return true
    }
}

extension Substring {
    fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
