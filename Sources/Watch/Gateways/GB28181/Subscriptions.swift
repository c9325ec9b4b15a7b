import Foundation
import GB28181
import Kernel
import SIP
import Storage
import Web

/// What devices were asked to tell of by themselves (9.11), and until when. Written down, so that a restart renews
/// inside the same dialogs and no device holds two.
actor Subscriptions {
    /// What is asked for.
    enum Topic: String, Sendable, CaseIterable {
        case catalogue, alarm, position

        /// The name in `Event`: only the catalogue has one of its own.
        var event: String { self == .catalogue ? "Catalog" : "presence" }
    }

    struct Key: Hashable, Sendable {
        var device: GBID
        var topic: Topic
    }

    struct Entry: Sendable {
        var dialog: SIPDialog
        var event: String
        var expiresAt: Instant
        /// When it is renewed: a quarter before its end.
        var renewAt: Instant
        var isBusy = false
    }

    private var entries: [Key: Entry] = [:]

    func entry(_ key: Key) -> Entry? { entries[key] }

    func set(_ key: Key, _ entry: Entry?) { entries[key] = entry }

    /// Those that are due; each is given once, until it is set again.
    func due(at now: Instant) -> [(Key, Entry)] {
        let due = entries.filter { $0.value.renewAt <= now && !$0.value.isBusy }
        for key in due.keys { entries[key]?.isBusy = true }
        return Array(due)
    }

    func load(_ known: [(Key, Entry)]) {
        for (key, entry) in known where entries[key] == nil { entries[key] = entry }
    }
}

extension GBPlatform {
    /// Asks to be told of changes of the catalogue, of alarms and of positions; a device that cannot says so, and is
    /// not asked again before it registers anew. What runs already is renewed, not doubled.
    func subscribe(to device: WatchDevice) async {
        for topic in Subscriptions.Topic.allCases {
            let key = Subscriptions.Key(device: device.gbID, topic: topic)
            await subscribe(device, key, renewing: await subscriptions.entry(key))
        }
    }

    /// Renews what is due; a device that is away is asked when it comes back.
    func renewSubscriptions(at now: Instant) async {
        for (key, entry) in await subscriptions.due(at: now) {
            guard let device = directory.find(key.device), device.isOnline else {
                await forget(key)
                continue
            }
            Task { await self.subscribe(device, key, renewing: entry) }
        }
    }

    private func body(_ topic: Subscriptions.Topic, _ device: WatchDevice) -> ControlMessage {
        switch topic {
        case .catalogue: .query("Catalog", number: nextNumber(), of: device.gbID)
        case .alarm: .alarmSubscription(number: nextNumber(), of: device.gbID)
        case .position: .positionSubscription(number: nextNumber(), of: device.gbID, seconds: 10)
        }
    }

    private func subscribe(_ device: WatchDevice, _ key: Subscriptions.Key, renewing old: Subscriptions.Entry?) async {
        guard let endpoint, let hop = device.hop else { return }
        let body = body(key.topic, device)
        var dialog = old?.dialog
        let event = old?.event ?? "\(key.topic.event);id=\(body.number)"
        var request =
            dialog?.request(.subscribe) ?? newRequest(.subscribe, to: device.gbID, of: device, hop: hop)
        request.headers["Event"] = event
        request.headers["Expires"] = String(configuration.subscriptionSeconds)
        request.headers["Contact"] = "<sip:\(configuration.platform)@\(endpoint.host(towards: hop)):\(endpoint.port)>"
        request.headers["Content-Type"] = "Application/MANSCDP+xml"
        request.body = body.bytes(for: device.version)
        let response = try? await endpoint.request(request, to: hop)
        guard let response, let status = response.status, (200..<300).contains(status) else {
            await forget(key)
            // The device forgot the dialog (a restart of its own): begin anew, once.
            if old != nil, response != nil { await subscribe(device, key, renewing: nil) }
            return
        }
        if dialog == nil { dialog = SIPDialog(request: request, response: response) }
        guard let dialog else { return await forget(key) }
        let wished = Int64(configuration.subscriptionSeconds)
        let granted = response.headers["Expires"].flatMap { Int64($0) }.map { min(max(1, $0), wished) } ?? wished
        let now = Instant.now
        let entry = Subscriptions.Entry(
            dialog: dialog, event: event, expiresAt: now + granted * 1_000, renewAt: now + granted * 750)
        await subscriptions.set(key, entry)
        _ = try? await database.write { db in try SubscriptionStore.save(key, entry, in: db) }
    }

    private func forget(_ key: Subscriptions.Key) async {
        await subscriptions.set(key, nil)
        _ = try? await database.write { db in try SubscriptionStore.remove(key, in: db) }
    }

    /// Takes over what the run before this one had asked for.
    func resumeSubscriptions() async {
        let now = Instant.now
        let known = try? await database.read { db in try SubscriptionStore.all(at: now, in: db) }
        await subscriptions.load(known ?? [])
    }

    /// Stores where cameras are now. The last place alone is kept: nobody's way is.
    func moved(to positions: [MobilePosition], of device: WatchDevice, at now: Instant) async {
        guard !positions.isEmpty else { return }
        try? await database.write { db in
            for position in positions {
                // Many devices tell their own place in the name of the whole.
                let known = try CameraStore.find(position.camera, of: device.id, in: db)
                guard let camera = try known ?? CameraStore.only(of: device.id, in: db) else { continue }
                try PositionStore.save(position, of: camera.id, at: now, in: db)
                try db.publish(
                    NewEvent(
                        type: "camera.position", subject: "cameras/\(camera.id)", permission: "camera.read",
                        area: (camera.area ?? device.area)?.rawValue))
            }
        }
    }
}

/// The table of subscriptions.
enum SubscriptionStore {
    static func save(_ key: Subscriptions.Key, _ entry: Subscriptions.Entry, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO watch_subscription (device, topic, dialog, event, expires_at, renew_at)
            VALUES (\(key.device.description), \(key.topic.rawValue), \(try JSON.text(entry.dialog)), \(entry.event),
              \(entry.expiresAt), \(entry.renewAt))
            ON CONFLICT (device, topic) DO UPDATE SET dialog = excluded.dialog, event = excluded.event,
              expires_at = excluded.expires_at, renew_at = excluded.renew_at
            """)
    }

    static func remove(_ key: Subscriptions.Key, in db: any Writing) throws {
        try db.execute(
            "DELETE FROM watch_subscription WHERE device = \(key.device.description) AND topic = \(key.topic.rawValue)")
    }

    static func all(at now: Instant, in db: any Reading) throws -> [(Subscriptions.Key, Subscriptions.Entry)] {
        var result: [(Subscriptions.Key, Subscriptions.Entry)] = []
        try db.query(
            """
            SELECT device, topic, dialog, event, expires_at, renew_at FROM watch_subscription
            WHERE expires_at > \(now) ORDER BY device LIMIT 60000
            """
        ) { row in
            let (device, topic) = (GBID(try row.next(String.self)), Subscriptions.Topic(rawValue: try row.next()))
            let dialog = try? JSONDecoder().decode(SIPDialog.self, from: Data(try row.next(String.self).utf8))
            let (event, expires, renew) = (
                try row.next(String.self), try row.next(Instant.self), try row.next(Instant.self)
            )
            if let device, let topic, let dialog {
                result.append(
                    (
                        Subscriptions.Key(device: device, topic: topic),
                        Subscriptions.Entry(dialog: dialog, event: event, expiresAt: expires, renewAt: renew)
                    ))
            }
            return true
        }
        return result
    }
}
