import Crypt
import GB28181
import HTTPTypes
import Kernel
import SIP
import Storage
import Web

/// `/api/v1/watch-devices…`: the register of recorders and cameras, and their passwords.
struct DeviceRoutes {
    let platform: GBPlatform?
    let desk: any WatchDesk

    func add(to routes: inout Routes) {
        routes.get(
            "/api/v1/watch-devices", .needs(.deviceRead), "Devices, by their order of coming",
            shapes: Shapes(
                query: [("q", "name or digits"), ("state", "online, offline, never, trouble")],
                gives: .page(of: DeviceView.shape))
        ) { call in
            var check = FieldCheck()
            let after = call.query("after").map { WatchDeviceID($0) }
            check.expect(after != .some(nil), "after", "invalid")
            let state = call.query("state")
            check.expect(
                state.map { ["online", "offline", "never", "trouble"].contains($0) } ?? true, "state", "invalid")
            try check.finish()
            let limit = call.limit
            let text = call.query("q").map { String($0.prefix(50)) }
            let devices = try await call.database.read { db in
                try WatchDeviceStore.list(after: after ?? nil, text: text, state: state, limit: limit + 1, in: db)
            }
            return try .list(
                devices.prefix(limit).map(DeviceView.init),
                next: WatchWords.next(call, after: devices.count > limit ? devices[limit - 1].id.description : nil))
        }
        routes.post(
            "/api/v1/watch-devices", .needs(.deviceWrite), "Registers a device with its password",
            shapes: Shapes(
                takes: .object(
                    [
                        "gbId": .text, "name": .text, "password": .text, "areaId": .id,
                        "transport": .oneOf(WatchDevice.Transport.allCases.map(\.rawValue)),
                        "algorithm": .oneOf(DigestAlgorithm.allCases.map(\.rawValue)),
                    ], required: ["gbId", "name", "password"]), gives: DeviceView.shape)
        ) { call in
            let device = try await create(try call.json(NewDevice.self), call)
            return try .json(device, status: 201)
        }
        routes.get(
            "/api/v1/watch-devices/{id}", .needs(.deviceRead), "One device", shapes: Shapes(gives: DeviceView.shape)
        ) { call in
            let id: WatchDeviceID = try call.id()
            guard let device = try await call.database.read({ db in try WatchDeviceStore.find(id, in: db) }) else {
                throw Problem.notFound
            }
            return try .json(DeviceView(device))
        }
        routes.put(
            "/api/v1/watch-devices/{id}/password", .needs(.deviceWrite), "Gives a device another password",
            shapes: Shapes(takes: .object(["password": .text], required: ["password"]))
        ) { call in
            let id: WatchDeviceID = try call.id()
            try await setPassword(id, try call.json(Password.self).password, call)
            return .nothing
        }
        routes.post(
            "/api/v1/watch-devices/{id}/catalogue", .needs(.deviceRead), "Asks a device for its catalogue anew"
        ) { call in
            let id: WatchDeviceID = try call.id()
            guard let platform, let device = platform.directory.find(id) else { throw Problem.notFound }
            guard device.isOnline else { throw Problem.conflict("watch.device-offline") }
            guard await platform.fetchCatalogue(of: device) else { throw Problem(504, "watch.no-answer") }
            return .nothing
        }
        routes.on(
            .delete, "/api/v1/watch-devices/{id}", .needs(.deviceWrite),
            "Takes a device out of the register, with its cameras; 409 while there are recordings or clips of them"
        ) { call in
            let id: WatchDeviceID = try call.id()
            let caller = try call.signedIn()
            try await call.database.write { [desk] db in
                guard try WatchDeviceStore.find(id, in: db) != nil else { throw Problem.notFound }
                guard try !WatchDeviceStore.hasRecordings(id, in: db) else {
                    throw Problem.conflict("watch.device-recorded")
                }
                try WatchDeviceStore.delete(id, in: db)
                try desk.audit(
                    "watch-device.delete", subject: "watch-devices/\(id)", by: caller.watcher, purpose: "", at: .now,
                    in: db)
            }
            try await platform?.directory.load(call.database)
            return .nothing
        }
    }

    /// What is asked of somebody who registers a device.
    struct NewDevice: Codable {
        var gbId: String
        var name: String
        var password: String
        var areaId: AreaID?
        var transport: String?
        var algorithm: String?
    }

    private struct Password: Codable { var password: String }

    /// Checks and stores a new device.
    func create(_ new: NewDevice, _ call: Call) async throws -> DeviceView {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let name = check.text(new.name, "name", 1...100)
        let gbID = GBID(new.gbId)
        check.expect(gbID?.isFull ?? false, "gbId", "invalid")
        check.expect((8...64).contains(new.password.utf8.count), "password", "too-short")
        let transport = new.transport.map { WatchDevice.Transport(rawValue: $0) } ?? .tcpPassive
        let algorithm = new.algorithm.map { DigestAlgorithm(rawValue: $0) } ?? .md5
        check.expect(transport != nil, "transport", "invalid")
        check.expect(algorithm != nil, "algorithm", "invalid")
        try check.finish()
        guard let gbID, let transport, let algorithm, let platform else {
            throw Problem(503, "watch.no-platform")
        }
        let ha1 = algorithm.ha1(
            user: gbID.description, realm: platform.configuration.platform.domain, password: new.password)
        let device = WatchDevice(
            id: .next(), gbID: gbID, name: name, area: new.areaId, transport: transport, algorithm: algorithm, ha1: ha1)
        let view = try await call.once { [desk] db in
            guard try WatchDeviceStore.find(gbID, in: db) == nil else { throw Problem.invalid(["gbId": "taken"]) }
            try WatchDeviceStore.save(device, at: .now, in: db)
            try desk.audit(
                "watch-device.create", subject: "watch-devices/\(device.id)", by: caller.watcher, purpose: "", at: .now,
                in: db)
            return DeviceView(device)
        }
        try await platform.directory.load(call.database)
        return view
    }

    /// Gives a device another password.
    func setPassword(_ id: WatchDeviceID, _ password: String, _ call: Call) async throws {
        let caller = try call.signedIn()
        guard (8...64).contains(password.utf8.count) else { throw Problem.invalid(["password": "too-short"]) }
        guard let platform else { throw Problem(503, "watch.no-platform") }
        let realm = platform.configuration.platform.domain
        try await call.database.write { [desk] db in
            guard var device = try WatchDeviceStore.find(id, in: db) else { throw Problem.notFound }
            device.ha1 = device.algorithm.ha1(user: device.gbID.description, realm: realm, password: password)
            try WatchDeviceStore.save(device, at: .now, in: db)
            try desk.audit(
                "watch-device.password", subject: "watch-devices/\(id)", by: caller.watcher, purpose: "", at: .now,
                in: db)
        }
        try await platform.directory.load(call.database)
    }
}
