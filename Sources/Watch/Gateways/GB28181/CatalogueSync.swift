import GB28181
import Kernel
import Logging
import Storage

/// Catalogues that are on their way, one a device.
actor CatalogueSync {
    enum Taken {
        case waiting
        case complete(CatalogCollector)
        case unsolicited
    }

    private struct Open {
        var collector: CatalogCollector
        var lastPage: Instant
    }

    private var open: [GBID: Open] = [:]
    private let seconds: Int64

    init(seconds: Int64) { self.seconds = seconds }

    func begin(_ number: Int, of device: GBID, at now: Instant) {
        open[device] = Open(collector: CatalogCollector(number: number), lastPage: now)
    }

    func take(_ page: ControlMessage, of device: GBID, at now: Instant) -> Taken {
        guard var entry = open[device], entry.collector.take(page) else { return .unsolicited }
        entry.lastPage = now
        if entry.collector.isComplete {
            open[device] = nil
            return .complete(entry.collector)
        }
        open[device] = entry
        return .waiting
    }

    func drop(_ device: GBID) { open[device] = nil }

    /// Those for whom no page has come for too long; they are taken out.
    func overdue(at now: Instant) -> [(device: GBID, collector: CatalogCollector)] {
        let late = open.filter { now - $0.value.lastPage > seconds * 1_000 }
        for device in late.keys { open[device] = nil }
        return late.map { ($0.key, $0.value.collector) }
    }
}

extension GBPlatform {
    /// Asks a device for all that it has.
    /// - Returns: whether it took the question.
    @discardableResult
    func fetchCatalogue(of device: WatchDevice) async -> Bool {
        let number = nextNumber()
        await catalogues.begin(number, of: device.gbID, at: .now)
        let status = await tell(device, .query("Catalog", number: number, of: device.gbID))
        if status != 200 { await catalogues.drop(device.gbID) }
        return status == 200
    }

    /// Takes over what came: all of it in one transaction. Only a whole answer to our own question tells what is gone.
    func apply(_ collector: CatalogCollector, of gbID: GBID) async {
        guard let device = directory.find(gbID) else { return }
        let now = Instant.now
        let (items, isWhole) = (Array(collector.items.values), collector.isComplete)
        let (announced, received) = (collector.total, collector.items.count)
        do {
            try await database.write { [desk] db in
                for item in items { try Self.upsert(item, of: device, desk, at: now, in: db) }
                if isWhole { try CameraStore.markMissing(of: device.id, changedBefore: now, in: db) }
                try WatchDeviceStore.catalogue(device.id, announced: announced, received: received, at: now, in: db)
                try publishDevice(device, in: db)
            }
            directory.update(gbID) {
                $0.announced = announced
                $0.received = received
                $0.catalogueAt = now
            }
        } catch {
            logger.error("a catalogue could not be stored", metadata: ["device": "\(gbID)", "error": "\(error)"])
        }
    }

    /// Adds what a device tells of without being asked.
    func add(_ items: [CatalogItem], of device: WatchDevice) async {
        guard !items.isEmpty else { return }
        let now = Instant.now
        try? await database.write { [desk] db in
            for item in items { try Self.upsert(item, of: device, desk, at: now, in: db) }
            try publishDevice(device, in: db)
        }
    }

    /// Takes over what a subscription tells of: single things that came, went, or changed.
    func changed(_ items: [CatalogItem], of device: WatchDevice) async {
        guard !items.isEmpty else { return }
        let now = Instant.now
        try? await database.write { [desk] db in
            for item in items {
                switch item.event {
                case .on?: try CameraStore.setState(item.id, of: device.id, isOn: true, in: db)
                case .off?, .lost?, .defect?: try CameraStore.setState(item.id, of: device.id, isOn: false, in: db)
                case .delete?: try CameraStore.setMissing(item.id, of: device.id, in: db)
                case .add?, .update?, nil: try Self.upsert(item, of: device, desk, at: now, in: db)
                }
            }
            try publishDevice(device, in: db)
        }
    }

    private static func upsert(
        _ item: CatalogItem, of device: WatchDevice, _ desk: any WatchDesk, at now: Instant, in db: any Writing
    ) throws {
        // Regions, groups and the device itself are no things that somebody looks at.
        switch item.id.kind {
        case .region, .server, .group, .virtualOrganisation: return
        default: break
        }
        let area = item.point.flatMap { desk.area(at: $0) } ?? device.area
        try CameraStore.upsert(item, of: device, area: area, at: now, in: db)
    }
}
