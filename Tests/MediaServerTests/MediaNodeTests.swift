import Crypt
import Foundation
import Logging
import Media
import NIOCore
import NIOPosix
import Simulator
import Synchronization
import Testing

@testable import MediaServer

/// A media node in this process, spoken with over its control connection as the centre does.
private final class Node: Sendable {
    private struct State {
        var words: [MediaWord] = []
        var number = 0
    }
    private let state = Mutex(State())
    private let channel: any Channel
    private let task: Task<Void, any Error>

    init(_ change: (inout MediaConfiguration) -> Void = { _ in }) async throws {
        var configuration = MediaConfiguration()
        configuration.host = "127.0.0.1"
        configuration.mediaPort = 0
        configuration.viewPort = 0
        change(&configuration)
        var pair: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let theirs = pair[1]
        let node = MediaNode(configuration, logger: Logger(label: "test"))
        task = Task { try await node.run(control: theirs) }
        let (lines, line) = AsyncStream<ByteBuffer>.makeStream()
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(LineHandler()), Forward(to: line),
                    ])
                }
            }
            .withConnectedSocket(pair[0]).get()
        Task { [self] in
            for await line in lines {
                let word = try ControlLine.decode(MediaWord.self, line)
                state.withLock { $0.words.append(word) }
            }
        }
        order(.hello(key: Secret.hex([UInt8](repeating: 1, count: 32))))
    }

    @discardableResult
    func order(_ command: MediaOrder.Command) -> Int {
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        if let line = try? ControlLine.encode(MediaOrder(number: number, command: command)) {
            channel.writeAndFlush(line, promise: nil)
        }
        return number
    }

    /// The first word for which `pick` gives something.
    @discardableResult
    func wait<Found>(_ pick: @Sendable (MediaWord) -> Found?) async throws -> Found {
        for _ in 0..<2_000 {
            if let found = state.withLock({ $0.words.lazy.compactMap(pick).first }) { return found }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Missing()
    }

    struct Missing: Error {}

    func ports() async throws -> (media: Int, view: Int) {
        try await wait { if case .ready(let media, let view) = $0 { (media, view) } else { nil } }
    }

    func ask(_ command: MediaOrder.Command) async throws -> Result<Receiver, MediaFailure> {
        let wanted = order(command)
        return try await wait { word in
            guard case .answer(let number, let receiver, let failure) = word, number == wanted else { return nil }
            return receiver.map { .success($0) } ?? .failure(failure ?? .refused)
        }
    }

    @discardableResult
    func event<Found>(_ pick: @escaping @Sendable (MediaEvent) -> Found?) async throws -> Found {
        try await wait { if case .event(let event) = $0 { pick(event) } else { nil } }
    }

    func close() async throws {
        try? await channel.close()
        try await task.value
    }
}

private final class Forward: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let stream: AsyncStream<ByteBuffer>.Continuation
    init(to stream: AsyncStream<ByteBuffer>.Continuation) { self.stream = stream }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { stream.yield(unwrapInboundIn(data)) }
    func channelInactive(context: ChannelHandlerContext) { stream.finish() }
}

@Suite("The media node")
struct MediaNodeTests {
    private let camera: SourceID

    init() throws { camera = try #require(SourceID("cameras/1")) }

    @Test("Whoever was refused for want of room has taken none: it is there again once somebody goes")
    func room() async throws {
        let node = try await Node { ($0.mostConnections, $0.mostViewers) = (1, 1) }
        let ports = try await node.ports()
        func connect(_ port: Int) async throws -> any Channel {
            try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
        }
        func isRefused(_ channel: any Channel) async throws -> Bool {
            for _ in 0..<50 where channel.isActive { try await Task.sleep(for: .milliseconds(20)) }
            return !channel.isActive
        }
        for port in [ports.media, ports.view] {
            let first = try await connect(port)
            for _ in 0..<5 { #expect(try await isRefused(try await connect(port))) }
            try await first.close()
            var hasRoom = false
            for _ in 0..<20 where !hasRoom {
                let next = try await connect(port)
                hasRoom = try await !isRefused(next)
                try? await next.close()
            }
            #expect(hasRoom)
        }
        try await node.close()
    }

    @Test("A stream is pulled once; its stages are told in order; an unwatched one is reported")
    func stages() async throws {
        let node = try await Node { $0.lingerMs = 500 }
        let port = try await node.ports().media
        let pull = Pull.gb28181(ssrc: 77, transport: .udp)
        #expect(try await node.ask(.open(camera, pull)).get() == Receiver(port: port, ssrc: 77, isNew: true))
        #expect(try await node.ask(.open(camera, pull)).get().isNew == false)
        let other = try #require(SourceID("cameras/2"))
        #expect(try await node.ask(.open(other, pull)) == .failure(.refused))
        let feed = try #require(PictureFeed())
        defer { feed.stop() }
        let stream = try await CameraStream.start(.udp(host: "127.0.0.1", port: port), ssrc: 77, feed: feed)
        defer { stream.stop() }
        for stage in [MediaStage.firstPacket, .sync, .keyFrame] {
            try await node.event { if case .reached(_, stage) = $0 { true } else { nil } }
        }
        let size = try await node.event { event -> [Int]? in
            if case .picture(_, _, let width, let height) = event { [width, height] } else { nil }
        }
        #expect(size == [640, 360])
        try await node.event { if case .unwatched = $0 { true } else { nil } }
        try await node.close()
    }

    @Test(
        "The failure says how far it got",
        arguments: [
            (Set<StreamMischief>([.wrongSSRC]), MediaFailure.silent), (Set<StreamMischief>(), MediaFailure.stalled),
        ])
    func failures(_ mischief: Set<StreamMischief>, _ expected: MediaFailure) async throws {
        let node = try await Node {
            $0.firstPacketMs = 1_500
            $0.silenceMs = 700
        }
        let port = try await node.ports().media
        _ = try await node.ask(.open(camera, .gb28181(ssrc: 5, transport: .udp))).get()
        let feed = try #require(PictureFeed())
        defer { feed.stop() }
        let stream = try await CameraStream.start(
            .udp(host: "127.0.0.1", port: port), ssrc: 5, feed: feed, mischief: mischief)
        if expected == .stalled {
            try await node.event { if case .reached(_, .keyFrame) = $0 { true } else { nil } }
            stream.stop()
        }
        let failure = try await node.event { if case .failed(_, _, let failure) = $0 { failure } else { nil } }
        #expect(failure == expected)
        stream.stop()
        try await node.close()
    }

    @Test("A camera that sends under another number is known by the address it announced")
    func announced() async throws {
        let node = try await Node()
        let port = try await node.ports().media
        _ = try await node.ask(.open(camera, .gb28181(ssrc: 9, transport: .udp))).get()
        let feed = try #require(PictureFeed())
        defer { feed.stop() }
        let stream = try await CameraStream.start(
            .udp(host: "127.0.0.1", port: port), ssrc: 9, feed: feed, mischief: [.wrongSSRC])
        defer { stream.stop() }
        node.order(.connect(camera, MediaAddress(host: "127.0.0.1", port: stream.port)))
        try await node.event { if case .reached(_, .keyFrame) = $0 { true } else { nil } }
        try await node.close()
    }

    @Test("A camera that listens is connected to, and one that nobody reaches fails")
    func active() async throws {
        let node = try await Node()
        _ = try await node.ask(.open(camera, .gb28181(ssrc: 6, transport: .tcpActive))).get()
        let feed = try #require(PictureFeed())
        defer { feed.stop() }
        let stream = try await CameraStream.start(.tcpPassive(port: 0), ssrc: 6, feed: feed)
        node.order(.connect(camera, MediaAddress(host: "127.0.0.1", port: stream.port)))
        try await node.event { if case .reached(_, .keyFrame) = $0 { true } else { nil } }
        stream.stop()
        let lost = try #require(SourceID("cameras/9"))
        _ = try await node.ask(.open(lost, .gb28181(ssrc: 8, transport: .tcpActive))).get()
        node.order(.connect(lost, MediaAddress(host: "127.0.0.1", port: 1)))
        let failure = try await node.event { event in
            if case .failed(lost, _, let failure) = event { failure } else { nil }
        }
        #expect(failure == .unreachable)
        try await node.close()
    }

    @Test("Recordings are segments from key frame to key frame that play by themselves and join to a clip")
    func recording() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let node = try await Node()
        let port = try await node.ports().media
        _ = try await node.ask(.open(camera, .gb28181(ssrc: 3, transport: .tcpPassive))).get()
        node.order(.record(camera, RecordingPlan(folder: folder.path, segmentSeconds: 1)))
        let feed = try #require(PictureFeed())
        defer { feed.stop() }
        let stream = try await CameraStream.start(.tcpActive(host: "127.0.0.1", port: port), ssrc: 3, feed: feed)
        defer { stream.stop() }
        var segments: [RecordedSegment] = []
        while segments.count < 3 {
            let known = Set(segments.map(\.file))
            segments.append(
                try await node.event { event in
                    if case .recorded(_, let segment) = event, !known.contains(segment.file) { segment } else { nil }
                })
        }
        var clip = ClipWriter()
        for segment in segments {
            let bytes = try [UInt8](Data(contentsOf: folder.appendingPathComponent(segment.file)))
            #expect(Int64(bytes.count) == segment.bytes)
            let reader = try #require(FragmentReader(bytes))
            #expect(reader.fragments.first?.isKey == true && reader.codec == segment.codec)
            #expect(Int64(reader.duration / 90) == segment.durationMs)
            let joins = clip.append(
                bytes, start: (segment.startMs - segments[0].startMs) * 90, from: 0, to: Int64.max)
            #expect(joins)
        }
        let times = try #require(FragmentReader(clip.bytes)).fragments.map(\.time)
        let isSorted = times == times.sorted()
        #expect(isSorted && times.count >= 70 && times.first == 0)
        #expect(times.last ?? 0 > 2 * 90_000)
        try await node.close()
    }

    @Test(
        "A voice goes out as G.711 on the wall clock and says how much of it left",
        arguments: [
            MediaTransport.udp, .tcpActive, .tcpPassive,
        ])
    func voice(_ transport: MediaTransport) async throws {
        let node = try await Node()
        let port = try await node.ports().media
        let id = try #require(SourceID("voices/1"))
        let ear = try await Ear(transport, port: port)
        let wish = VoiceWish(ssrc: 42, transport: transport, packetMs: transport == .udp ? 20 : 100)
        #expect(try await node.ask(.openVoice(id, wish)).get().port == port)
        node.order(.connectVoice(id, MediaAddress(host: "127.0.0.1", port: ear.port)))
        node.order(.startVoice(id))
        try await ear.connect()
        let said = (0..<8_000).map { Int16($0 % 64 * 300 - 9_600) }
        node.order(
            .say(
                [id],
                samples: Data(said.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })))
        node.order(.closeVoice(id, drained: true))
        let spoken = try await node.event { event in
            if case .spoken(_, let ms, true) = event { ms } else { nil }
        }
        #expect(spoken >= 1_000)
        let coded = said.map(G711.aLaw)
        let heard = try await ear.heard { $0.count >= coded.count && contains($0, coded) }
        let isWhole = contains(heard, coded)
        #expect(isWhole, "\(heard.count) bytes heard")
        try await node.close()
    }

    @Test("Of two voices for speakers behind one address each hears its own, whichever comes first")
    func twoVoices() async throws {
        let node = try await Node()
        let port = try await node.ports().media
        var speakers: [(ear: Ear, said: [UInt8])] = []
        for number in 1...2 {
            let id = try #require(SourceID("voices/\(number)"))
            let ear = try await Ear(.tcpPassive, port: port)
            let wish = VoiceWish(ssrc: UInt32(40 + number), transport: .tcpPassive, packetMs: 100)
            _ = try await node.ask(.openVoice(id, wish)).get()
            node.order(.connectVoice(id, MediaAddress(host: "127.0.0.1", port: ear.port)))
            node.order(.startVoice(id))
            let said = (0..<4_000).map { Int16($0 % 40 * 200 * number) }
            node.order(
                .say(
                    [id],
                    samples: Data(said.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
                ))
            speakers.append((ear, said.map(G711.aLaw)))
        }
        for speaker in speakers.reversed() { try await speaker.ear.connect() }
        for (number, speaker) in speakers.enumerated() {
            let heard = try await speaker.ear.heard { contains($0, speaker.said) }
            let isOwn = contains(heard, speaker.said)
            #expect(isOwn, "speaker \(number + 1) heard \(heard.count) bytes")
        }
        try await node.close()
    }

    private func contains(_ all: [UInt8], _ part: [UInt8]) -> Bool {
        guard let first = part.first, all.count >= part.count else { return false }
        return (0...all.count - part.count).contains {
            all[$0] == first && all[$0..<$0 + part.count].elementsEqual(part)
        }
    }
}

/// A speaker that keeps what it hears.
private final class Ear: Sendable {
    private let transport: MediaTransport
    private let mediaPort: Int
    private let bytes: Mutex<[UInt8]> = .init([])
    private let channel: (any Channel)?
    let port: Int

    init(_ transport: MediaTransport, port mediaPort: Int) async throws {
        self.transport = transport
        self.mediaPort = mediaPort
        let (packets, packet) = AsyncStream<RTPPacket>.makeStream()
        let group = MultiThreadedEventLoopGroup.singleton
        var free: Int?
        switch transport {
        case .udp:
            channel = try await DatagramBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramEar(packet))
                    }
                }.bind(host: "127.0.0.1", port: 0).get()
        case .tcpActive:
            channel = try await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(StreamEar(packet))
                    }
                }.bind(host: "127.0.0.1", port: 0).get()
        case .tcpPassive:
            // Only to learn of a port that is free.
            let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
            free = server.localAddress?.port
            try await server.close()
            channel = nil
        }
        port = channel?.localAddress?.port ?? free ?? 0
        stream = packet
        Task { [self] in
            for await packet in packets { bytes.withLock { $0 += packet.payload.readableBytesView } }
        }
    }

    private let stream: AsyncStream<RTPPacket>.Continuation

    /// Only a speaker that connects itself has something to do.
    func connect() async throws {
        guard transport == .tcpPassive else { return }
        let packet = stream
        _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamEar(packet))
                }
            }.bind(to: try SocketAddress(ipAddress: "127.0.0.1", port: port)).connect(
                host: "127.0.0.1", port: mediaPort
            ).get()
    }

    func heard(_ isEnough: ([UInt8]) -> Bool) async throws -> [UInt8] {
        for _ in 0..<500 {
            let found = bytes.withLock { $0 }
            if isEnough(found) { return found }
            try await Task.sleep(for: .milliseconds(10))
        }
        return bytes.withLock { $0 }
    }
}

private final class StreamEar: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let stream: AsyncStream<RTPPacket>.Continuation
    private var framing = RTPFraming()
    init(_ stream: AsyncStream<RTPPacket>.Continuation) { self.stream = stream }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        framing.append(unwrapInboundIn(data))
        while let packet = framing.next() { stream.yield(packet) }
    }
}

private final class DatagramEar: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let stream: AsyncStream<RTPPacket>.Continuation
    init(_ stream: AsyncStream<RTPPacket>.Continuation) { self.stream = stream }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let packet = RTPPacket(unwrapInboundIn(data).data) { stream.yield(packet) }
    }
}
