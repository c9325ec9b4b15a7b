import Media
import NIOCore

/// Pictures on their way out to whoever watches. What came since the last key frame is kept, so that a new viewer need
/// not wait for the next one. Lives on the media process's one event loop.
final class Outlet {
    private(set) var format: PictureFormat?
    private var viewers: [ObjectIdentifier: ViewerHandler] = [:]
    private var writer = FragmentWriter()
    private var start: ByteBuffer?
    private var group: [ByteBuffer] = []
    private var groupBytes = 0
    private var lastTime: UInt64?
    /// How long the last picture stood, at 90 kHz; the next one's length is not known when it goes out.
    private(set) var lastStep: UInt32 = 3_600
    private static let largestGroup = 8 << 20
    private static let longestGroup = 750

    var isWatched: Bool { !viewers.isEmpty }
    var listeners: [ViewerHandler] { viewers.values.filter(\.wantsSound) }
    /// Whether a new viewer sees something at once.
    var hasPicture: Bool { !group.isEmpty }

    func begin(_ found: PictureFormat) {
        format = found
        var message = ByteBuffer(bytes: [Source.Tag.start])
        message.writeBytes(FragmentWriter.start(found))
        start = message
        group = []
        groupBytes = 0
        for viewer in viewers.values { viewer.begin(found, message) }
    }

    func send(_ picture: Picture) {
        if let lastTime, picture.time > lastTime { lastStep = UInt32(min(90_000, picture.time - lastTime)) }
        lastTime = picture.time
        var message = ByteBuffer()
        message.reserveCapacity(picture.sample.count + 128)
        message.writeInteger(picture.isKey ? Source.Tag.key : Source.Tag.picture)
        message.writeBytes(writer.fragment(picture, time: picture.time, duration: lastStep))
        keep(message, isKey: picture.isKey)
        for viewer in viewers.values { viewer.send(message, isKey: picture.isKey) }
    }

    private func keep(_ message: ByteBuffer, isKey: Bool) {
        if isKey {
            group.removeAll(keepingCapacity: true)
            groupBytes = 0
        }
        if isKey || !group.isEmpty, group.count < Self.longestGroup, groupBytes < Self.largestGroup {
            group.append(message)
            groupBytes += message.readableBytes
        } else {
            group.removeAll()
        }
    }

    func add(_ viewer: ViewerHandler) {
        viewers[ObjectIdentifier(viewer)] = viewer
        guard let format, let start else { return }
        viewer.begin(format, start)
        for (index, message) in group.enumerated() { viewer.send(message, isKey: index == 0) }
    }

    /// Returns whether the viewer was here.
    @discardableResult
    func remove(_ viewer: ViewerHandler) -> Bool { viewers.removeValue(forKey: ObjectIdentifier(viewer)) != nil }

    func show(_ stage: MediaStage) { for viewer in viewers.values { viewer.show(stage) } }

    func end(at stage: MediaStage, _ failure: MediaFailure?) {
        let ended = viewers.values
        viewers = [:]
        for viewer in ended { viewer.end(at: stage, failure) }
    }
}
