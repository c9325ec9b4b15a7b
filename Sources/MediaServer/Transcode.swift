import Media
import NIOCore

/// A source's H.265 as H.264, for browsers that cannot decode the first: one coder however many watch, and only while
/// one of them does. Lives on the media process's one event loop, but for the coder.
final class Transcode {
    let outlet = Outlet()
    private let coder: Transcoder
    private var pictures = PictureStream(codec: .h264)
    private var needsKey = true

    /// `nil` where libav has no H.265 or no H.264.
    init?() {
        guard let coder = Transcoder() else { return nil }
        self.coder = coder
    }

    /// Takes a picture of the source; `result` is told later, on the coder's thread.
    func take(_ picture: Picture, _ format: PictureFormat, result: @escaping @Sendable ([Transcoder.Coded]?) -> Void) {
        guard picture.isKey || !needsKey else { return }
        let time = Int64(clamping: picture.time) + Int64(picture.offset)
        // After one that found no room, those up to the next key frame would be grey.
        needsKey = !coder.put(picture.annexB(format), time: time, then: result)
    }

    /// What the coder made goes out.
    func send(_ coded: [Transcoder.Coded], at now: Int64) {
        for one in coded where one.time >= 0 {
            let time = UInt64(one.time)
            for output in pictures.take(one.unit, streamType: 0x1B, pts: time, dts: time, at: now) {
                switch output {
                case .format(let format): outlet.begin(format)
                case .picture(let picture): outlet.send(picture)
                }
            }
        }
    }
}
