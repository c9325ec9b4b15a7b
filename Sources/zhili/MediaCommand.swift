import ArgumentParser
import Foundation
import Logging
import MediaServer

/// The process that handles pictures and sound, started and watched by `serve`.
struct MediaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "media", abstract: "Handle pictures and sound for a centre, which starts this itself.",
        shouldDisplay: false)
    @Option(help: "The address on which devices reach it.")
    var mediaHost = "0.0.0.0"
    @Option(help: "The port of RTP over UDP and TCP.")
    var mediaPort = 30_000
    @Option(help: "The address on which browsers reach it.")
    var viewHost = "127.0.0.1"
    @Option(help: "The port of the browsers' WebSocket.")
    var viewPort = 8_081
    @Option(help: "How many streams of H.265 are made into H.264 at once at most.")
    var mostTranscodes = 2
    @Option(help: "The certificate chain (PEM) of that port.")
    var certificate: String?
    @Option(help: "The certificate's key (PEM).")
    var key: String?

    func validate() throws {
        var status = stat()
        guard fstat(0, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            throw ValidationError("the centre starts this itself; write: zhili serve")
        }
    }

    func run() async throws {
        var configuration = MediaConfiguration()
        configuration.host = mediaHost
        configuration.mediaPort = mediaPort
        configuration.viewHost = viewHost
        configuration.viewPort = viewPort
        configuration.mostTranscodes = mostTranscodes
        if let certificate, let key { configuration.tls = (certificate, key) }
        // A browser that goes away, or the centre, must not end the process by a signal; the end of the connection on
        // standard input does.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGINT, SIG_IGN)
        try await MediaNode(configuration, logger: Logger(label: "zhili.media")).run(control: dup(0))
    }
}
