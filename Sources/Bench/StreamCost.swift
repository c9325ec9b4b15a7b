import Foundation

/// What streams and viewers cost the media process, and what the same bytes cost ffmpeg.
struct StreamCost {
    /// Streams that were received, recorded and relayed to one viewer each, at once.
    var streams: Int
    /// Of each stream, pictures alone.
    var megabits: Double
    /// Processor seconds a second.
    var load: Double
    /// Resident bytes that a stream adds.
    var bytes: Double
    /// Processor seconds that a viewer more takes a second.
    var viewerLoad: Double
    var viewers: Int
    /// Processor seconds that ffmpeg takes for a second of one stream.
    var rivalLoad: Double

    /// Streams of 2 Mb/s that one core carries.
    var streamsPerCore: Double { Double(streams) / load * megabits / 2 }
    var rivalPerCore: Double { megabits / 2 / rivalLoad }
    var viewersPerCore: Double { megabits / 2 / viewerLoad }

    /// Measures with the cameras given, as many as are to stream, none of which may be open.
    static func measure(
        _ ground: WatchGround, _ cameras: [WatchGround.Camera], viewers: Int, seconds: Int, in folder: URL
    ) async throws -> StreamCost {
        let media = try ground.media()
        let before = Machine.residentBytes(media)
        for camera in cameras { try ground.record(camera) }
        let watching = try cameras.map { camera in
            let viewer = try ground.view(camera)
            try viewer.firstKey()
            return viewer
        }
        let crowd = ViewerCrowd(watching)
        // The keeper looks every five seconds for what is to be recorded.
        try await Task.sleep(for: .seconds(6))
        let (load, megabits) = try await Self.load(media, ground, seconds)
        let bytes = Double(Machine.residentBytes(media) - before) / Double(cameras.count)

        // Many more viewers on one of them.
        guard let one = cameras.first else { throw BenchError(description: "no camera") }
        let more = ViewerCrowd(try (0..<viewers).map { _ in try ground.view(one) })
        try await Task.sleep(for: .seconds(2))
        let many = try await Self.load(media, ground, seconds).load
        more.stop()
        crowd.stop()
        for camera in cameras { try ground.record(camera, false) }
        return StreamCost(
            streams: cameras.count, megabits: megabits, load: load, bytes: bytes,
            viewerLoad: (many - load) / Double(viewers), viewers: viewers,
            rivalLoad: try await rival(ground, seconds: seconds, in: folder))
    }

    private static func load(_ media: Int32, _ ground: WatchGround, _ seconds: Int) async throws -> (
        load: Double, megabits: Double
    ) {
        let (start, used, bytes) = (nanoseconds(), Machine.processorSeconds(media), ground.cameras.bytes)
        try await Task.sleep(for: .seconds(seconds))
        let passed = Double(nanoseconds() - start) / 1e9
        return (
            (Machine.processorSeconds(media) - used) / passed,
            Double(ground.cameras.bytes - bytes) * 8 / 1_000_000 / passed
        )
    }

    /// ffmpeg reads a camera's program stream and writes it as fragmented MP4, copying what is coded. Its start is left
    /// out: what a quarter of the stream takes is taken off.
    private static func rival(_ ground: WatchGround, seconds: Int, in folder: URL) async throws -> Double {
        let (whole, part) = (folder.appendingPathComponent("rival.ps"), folder.appendingPathComponent("quarter.ps"))
        try await ground.cameras.program(seconds: Double(seconds), to: whole)
        let bytes = try Data(contentsOf: whole)
        try bytes.prefix(bytes.count / 4).write(to: part)
        var (long, short) = (0.0, 0.0)
        let times = 5
        for _ in 0..<times {
            long += try copy(whole, to: folder.appendingPathComponent("rival.mp4"))
            short += try copy(part, to: folder.appendingPathComponent("rival.mp4"))
        }
        // A short run on a busy machine may drown in what starting takes.
        return max(long - short, long / 100) / Double(times) / (Double(seconds) * 0.75)
    }

    private static func copy(_ input: URL, to output: URL) throws -> Double {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ffmpeg")
        process.arguments = [
            "-nostdin", "-v", "quiet", "-y", "-f", "mpeg", "-i", input.path, "-map", "0:v", "-c", "copy", "-movflags",
            "frag_keyframe+empty_moov", "-f", "mp4", output.path,
        ]
        let before = childSeconds()
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchError(description: "ffmpeg did not copy") }
        return childSeconds() - before
    }

    /// Processor seconds of children that have ended.
    private static func childSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
}
