import ArgumentParser
import Simulator

/// Sends one camera's stream, without any signalling.
struct SimulateStream: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream", abstract: "Send a generated picture as a program stream in RTP, without signalling.")
    @Option(help: "HOST:PORT of the media port.")
    var to = "127.0.0.1:30000"
    @Option(help: "The SSRC, in decimal.")
    var ssrc: UInt32 = 1
    @Flag(help: "Connect by TCP instead of sending by UDP.")
    var tcp = false
    @Flag(help: "Code H.265.")
    var hevc = false
    @Flag(help: "Send sound in AAC instead of G.711 A-law.")
    var aac = false
    @Option(help: "Do wrong: \(StreamMischief.allCases.map(\.rawValue).joined(separator: ", ")); may be repeated.")
    var mischief: [String] = []
    @Option(help: "How long, in seconds.")
    var seconds = 30

    private var place: (host: String, port: Int)? {
        guard let colon = to.lastIndex(of: ":"), let port = Int(to[to.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        return (String(to[..<colon]), port)
    }

    func validate() throws {
        guard place != nil else { throw ValidationError("--to takes HOST:PORT, such as 127.0.0.1:30000") }
        guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds takes 1…86400") }
        for name in mischief where StreamMischief(rawValue: name) == nil {
            throw ValidationError("--mischief does not know \(name)")
        }
    }

    func run() async throws {
        guard let place else { return }
        guard let feed = PictureFeed(isHEVC: hevc) else {
            throw ValidationError("libavcodec has no \(hevc ? "libx265" : "libx264")")
        }
        let tone = aac ? AACTone() : nil
        if aac, tone == nil { throw ValidationError("libavcodec has no AAC") }
        let stream = try await CameraStream.start(
            tcp ? .tcpActive(host: place.host, port: place.port) : .udp(host: place.host, port: place.port),
            ssrc: ssrc, feed: feed, mischief: Set(mischief.compactMap { StreamMischief(rawValue: $0) }), tone: tone)
        try await Task.sleep(for: .seconds(seconds))
        stream.stop()
        feed.stop()
    }
}
