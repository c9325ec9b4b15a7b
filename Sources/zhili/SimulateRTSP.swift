import ArgumentParser
import Foundation
import Simulator

/// Says a line at once: who reads it through a pipe waits for it.
private func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

/// Plays a camera that is pulled by its address.
struct SimulateRTSP: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rtsp", abstract: "Play a camera with a generated picture behind an RTSP address.")
    @Option(help: "The port to listen on; 0 lets the system choose.")
    var port = 8_554
    @Option(help: "The stream's path.")
    var path = "/live/main"
    @Option(help: "Who may open it; everybody by itself.")
    var username = ""
    @Option(help: "The user's password.")
    var password = ""
    @Flag(help: "Code H.265.")
    var hevc = false
    @Flag(help: "Send sound in AAC, over RTSP's own connection.")
    var aac = false
    @Option(
        help:
            "Do wrong: \(SimulatedRTSPCamera.Mischief.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var mischief: String?
    @Option(help: "How long, in seconds.")
    var seconds = 3_600

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port takes 0…65535") }
        guard path.hasPrefix("/") else { throw ValidationError("--path begins with /") }
        guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds takes 1…86400") }
        if let mischief, SimulatedRTSPCamera.Mischief(rawValue: mischief) == nil {
            throw ValidationError("--mischief does not know \(mischief)")
        }
    }

    func run() async throws {
        guard let feed = PictureFeed(isHEVC: hevc) else {
            throw ValidationError("libavcodec has no \(hevc ? "libx265" : "libx264")")
        }
        var plan = SimulatedRTSPCamera.Plan()
        (plan.port, plan.path, plan.username, plan.password) = (port, path, username, password)
        plan.tone = aac ? AACTone() : nil
        if aac, plan.tone == nil { throw ValidationError("libavcodec has no AAC") }
        plan.mischief = mischief.flatMap(SimulatedRTSPCamera.Mischief.init(rawValue:))
        let camera = try await SimulatedRTSPCamera.start(plan, feed: feed)
        say("rtsp://127.0.0.1:\(camera.port)\(path)")
        try await Task.sleep(for: .seconds(seconds))
        await camera.stop()
        feed.stop()
    }
}

/// Plays an ONVIF device with its pictures.
struct SimulateONVIF: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "onvif", abstract: "Play an ONVIF device: discovery, profiles, moves, and an RTSP stream.")
    @Option(help: "The port of its services; 0 lets the system choose.")
    var port = 8_088
    @Option(help: "The UDP port of discovery; 3702 hears the network's searches too.")
    var discoveryPort = 3_702
    @Option(help: "Who may ask.")
    var username = "view"
    @Option(help: "The user's password.")
    var password = "invented"
    @Option(help: "By how many seconds its clock is wrong.")
    var clock: Int64 = 0
    @Option(help: "How long, in seconds.")
    var seconds = 3_600

    func validate() throws {
        guard (0...65_535).contains(port), (0...65_535).contains(discoveryPort) else {
            throw ValidationError("ports are 0…65535")
        }
        guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds takes 1…86400") }
    }

    func run() async throws {
        guard let feed = PictureFeed() else { throw ValidationError("libavcodec has no libx264") }
        var stream = SimulatedRTSPCamera.Plan()
        (stream.username, stream.password) = (username, password)
        let camera = try await SimulatedRTSPCamera.start(stream, feed: feed)
        var plan = SimulatedONVIF.Plan()
        (plan.port, plan.discoveryPort, plan.joinsGroup) = (port, discoveryPort, discoveryPort == 3_702)
        (plan.username, plan.password, plan.clockSeconds) = (username, password, clock)
        plan.streamPort = camera.port
        let device = try await SimulatedONVIF.start(plan)
        say("http://127.0.0.1:\(device.port)/onvif/device_service udp:\(device.discoveryPort)")
        try await Task.sleep(for: .seconds(seconds))
        await device.stop()
        await camera.stop()
        feed.stop()
    }
}
