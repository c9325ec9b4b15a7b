import GB28181
import Kernel
import Logging
import Storage

extension GBPlatform {
    /// An alarm: stored once, a case where it says something about the world, then confirmed and reset.
    /// - Returns: whether it is durable.
    func alarm(_ message: ControlMessage, of device: WatchDevice, at now: Instant) async -> Bool {
        guard let notice = AlarmNotice(message) else { return true }
        do {
            try await database.write { [desk] db in
                _ = try AlarmStore.take(notice, of: device, desk: desk, at: now, in: db)
            }
        } catch {
            logger.error("a camera's alarm could not be stored", metadata: ["error": "\(error)"])
            return false
        }
        guard let source = GBID(notice.device) else { return true }
        // After the 200 (9.4): say that it arrived, and reset, or a device stays deaf for good (A.2.5.3).
        Task {
            await tell(device, .alarmReceived(message, from: source), to: source)
            await ask(
                device,
                .resetAlarm(number: nextNumber(), of: source, method: notice.method, type: notice.type), to: source)
        }
        return true
    }
}

/// The table of cameras' own alarms.
enum AlarmStore {
    /// Stores an alarm that is not known yet and opens its case.
    /// - Returns: whether it was new.
    static func take(
        _ notice: AlarmNotice, of device: WatchDevice, desk: any WatchDesk, at now: Instant, in db: any Writing
    ) throws -> Bool {
        let key = "\(device.id)|\(notice.key)"
        guard try db.value(Int64.self, "SELECT 1 FROM camera_alarm WHERE unique_key = \(key)") == nil else {
            return false
        }
        let camera = try CameraStore.find(notice.device, of: device.id, in: db)
        let id = ID<AlarmNotice>.next()
        var caseID: CaseID?
        // A fault of the device itself is work for its keeper, shown on its page.
        if notice.method == 6 {
            try WatchDeviceStore.trouble(device.id, "fault", in: db)
        } else {
            let name = camera?.title ?? device.name
            let what = notice.text.isEmpty ? desk.word("watch.alarm.method.\(notice.method)", [:]) : notice.text
            caseID = try desk.openCase(
                NewWatchCase(
                    kind: .cameraAlarm, severity: notice.priority <= 1 ? 3 : 2,
                    title: desk.word("watch.alarm.title", ["camera": name, "what": what]), place: name,
                    point: notice.point ?? camera?.point, area: camera?.area ?? device.area,
                    subject: camera.map { "cameras/\($0.id)" } ?? "watch-devices/\(device.id)", key: "alarm-\(id)",
                    at: now),
                by: .system("camera"), in: db)
        }
        try db.execute(
            """
            INSERT INTO camera_alarm (id, unique_key, device, camera, method, type, priority, text, device_time,
              received_at, case_id)
            VALUES (\(id), \(key), \(device.id), \(camera?.id), \(notice.method), \(notice.type), \(notice.priority),
              \(notice.text), \(notice.at), \(now), \(caseID))
            """)
        try db.publish(
            NewEvent(
                type: "camera.alarm", subject: camera.map { "cameras/\($0.id)" } ?? "watch-devices/\(device.id)",
                permission: "camera.read", area: (camera?.area ?? device.area)?.rawValue))
        return true
    }
}
