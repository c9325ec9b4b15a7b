import Foundation
import Kernel
import Media
import NIOCore
import Synchronization

/// Writes a source's pictures as files that play by themselves, each from a key frame on.
///
/// A segment is `….mp4.part` while it is written, and takes its name once it is on the disk: whatever kills the process
/// leaves at most one part, which ``SegmentRepair`` mends. Writing happens on a queue of its own; a disk that is slow or
/// full costs pictures of the recording, never of the viewers.
final class Recorder {
    private let plan: RecordingPlan
    private let source: SourceID
    private let hub: Hub
    private let disk: DispatchQueue
    private var format: PictureFormat?
    private var file: SegmentFile?
    private var writer = FragmentWriter()
    private var startTime: UInt64 = 0
    private var endTime: UInt64 = 0
    /// When the segment before ended, by the wall and by the stream.
    private var last: (wall: Int64, time: UInt64)?
    /// The stream's time at the first picture of all.
    private var firstTime: UInt64?
    private let waiting = ByteCount()
    /// Before this moment nothing is tried again, because the disk took no more.
    private var restUntil: Int64 = 0
    private static let restMs: Int64 = 2_000
    /// So many bytes may wait for the disk.
    private static let mostWaiting = 32 << 20

    init(_ plan: RecordingPlan, source: SourceID, format: PictureFormat?, hub: Hub) {
        self.plan = plan
        self.source = source
        self.format = format
        self.hub = hub
        disk = DispatchQueue(label: "zhili.recorder")
    }

    func begin(_ found: PictureFormat) {
        finish()
        format = found
    }

    func take(_ picture: Picture, step: UInt32, at now: Int64) {
        if picture.isKey {
            if file != nil, picture.time - startTime >= UInt64(plan.segmentSeconds) * 90_000 { finish() }
            if file == nil, now >= restUntil, let format { open(format, at: picture.time) }
        }
        guard let file else { return }
        endTime = picture.time + UInt64(step)
        let bytes = writer.fragment(picture, time: picture.time - startTime, duration: step)
        guard waiting.add(bytes.count) < Self.mostWaiting else {
            waiting.take(bytes.count)
            finish()
            return hub.event(.unrecorded(source, isFull: false))
        }
        let until = Int64((endTime - startTime) / 90)
        let own = NIOLoopBound(self, eventLoop: hub.loop)
        disk.async { [waiting, loop = hub.loop] in
            if !file.write(bytes, until: until) { loop.execute { own.value.brokeOff(file) } }
            waiting.take(bytes.count)
        }
    }

    /// The disk took no more of this segment: it ends, and the next is begun after a rest.
    private func brokeOff(_ broken: SegmentFile) {
        restUntil = hub.now + Self.restMs
        if file === broken { finish() }
    }

    private func open(_ format: PictureFormat, at time: UInt64) {
        startTime = time
        endTime = time
        writer = FragmentWriter()
        // A segment that follows at once begins where the last one ended: the wall clock of two arrivals would make
        // them overlap or gape by the network's jitter.
        var wall = Instant.now.ms
        if let last, time >= last.time {
            let due = last.wall + Int64((time - last.time) / 90)
            if abs(due - wall) < 1_000 { wall = due }
        }
        if let firstMs = plan.firstMs {
            let first = firstTime ?? time
            firstTime = first
            wall = firstMs + Int64((time - min(time, first)) / 90)
        }
        let made = SegmentFile(
            folder: plan.folder, name: RecordedSegment.name(startMs: wall), startMs: wall, format: format)
        file = made
        let head = FragmentWriter.start(format)
        let own = NIOLoopBound(self, eventLoop: hub.loop)
        disk.async { [loop = hub.loop] in
            made.open()
            if made.fault != nil || !made.write(head, until: 0) { loop.execute { own.value.brokeOff(made) } }
        }
    }

    /// Completes the segment that is being written and tells of it once it is on the disk.
    func finish() {
        guard let done = file else { return }
        file = nil
        let duration = Int64((endTime - startTime) / 90)
        last = (done.startMs + duration, endTime)
        let bound = NIOLoopBound(hub, eventLoop: hub.loop)
        let loop = hub.loop
        disk.async { [source] in
            let segment = done.complete()
            let fault = done.fault
            loop.execute {
                if let segment { bound.value.event(.recorded(source, segment)) }
                if let fault { bound.value.event(.unrecorded(source, isFull: fault == .full)) }
            }
        }
    }
}

/// A count that two threads change.
private final class ByteCount: Sendable {
    private let value = Atomic<Int>(0)
    func add(_ amount: Int) -> Int { value.add(amount, ordering: .relaxed).newValue }
    func take(_ amount: Int) { value.subtract(amount, ordering: .relaxed) }
}
