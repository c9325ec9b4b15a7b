import GB28181
import Kernel
import ONVIF
import Storage

/// How a camera is spoken with beside its stream.
struct ONVIFAccess: Sendable, Codable, Equatable {
    /// The address of its device service.
    var address: String
    /// The profile that is moved.
    var profile: String
    /// The device's tokens of presets, by our numbers.
    var presets: [Int: String] = [:]
}

/// What a device offers to somebody who may open it.
struct ONVIFOffer: Sendable {
    var information: ONVIFInformation
    var profiles: [ONVIFProfile]
}

extension Problem {
    /// What an ONVIF device did not do, in the API's words.
    init(_ failure: ONVIFFailure) {
        switch failure {
        case .unreachable: self.init(504, "watch.no-answer")
        case .unauthorized: self.init(502, "watch.onvif-credentials")
        case .notSOAP: self.init(502, "watch.onvif-none")
        case .fault(let reason): self.init(502, "watch.device-refused", detail: reason)
        case .missing(let what): self.init(502, "watch.onvif-missing", detail: what)
        }
    }
}

/// Runs a question to a device; its failures become problems.
func askingONVIF<Answer>(_ question: () async throws(ONVIFFailure) -> Answer) async throws -> Answer {
    do throws(ONVIFFailure) { return try await question() } catch { throw Problem(error) }
}

extension NetCameras {
    /// What a device offers.
    nonisolated func offer(_ address: String, _ user: ONVIFUser) async throws -> ONVIFOffer {
        let device = ONVIFDevice(address, user: user)
        return try await askingONVIF { () async throws(ONVIFFailure) in
            let profiles = try await device.profiles()
            return ONVIFOffer(information: try await device.information(), profiles: profiles)
        }
    }

    /// The stream of a profile, with the smallest picture of the same lens as its substream, and the presets that the
    /// device has.
    nonisolated func stream(_ address: String, _ user: ONVIFUser, profile token: String, overUDP: Bool) async throws
        -> (stream: NetStream, presets: [(number: Int, name: String)], profile: ONVIFProfile)
    {
        let device = ONVIFDevice(address, user: user)
        return try await askingONVIF { () async throws(ONVIFFailure) in
            let profiles = try await device.profiles()
            guard let profile = profiles.first(where: { $0.token == token }) else { throw .missing("profile") }
            var stream = NetStream(url: try await device.stream(of: token))
            (stream.username, stream.password, stream.overUDP) = (user.name, user.password, overUDP)
            let small = profiles.filter {
                $0.source == profile.source && $0.width > 0 && $0.width < profile.width && $0.encoding != "JPEG"
            }.min { $0.width < $1.width }
            if let small { stream.substreamURL = try await device.stream(of: small.token) }
            var access = ONVIFAccess(address: address, profile: token)
            var presets: [(Int, String)] = []
            if profile.canMove {
                for (index, preset) in try await device.presets(token).enumerated() {
                    access.presets[index + 1] = preset.token
                    presets.append((index + 1, preset.name.isEmpty ? "\(index + 1)" : preset.name))
                }
            }
            stream.onvif = access
            return (stream, presets, profile)
        }
    }

    /// The device behind a camera; its clock and services are asked for once.
    private func device(_ camera: CameraID, _ stream: NetStream) throws -> (device: ONVIFDevice, access: ONVIFAccess) {
        guard let access = stream.onvif else { throw Problem.conflict("watch.cannot-move") }
        let user = ONVIFUser(name: stream.username, password: stream.password)
        if let known = devices[camera], known.address == access.address, known.user == user {
            return (known.device, access)
        }
        let device = ONVIFDevice(access.address, user: user)
        if devices.count >= 1_000 { devices = [:] }
        devices[camera] = (access.address, user, device)
        return (device, access)
    }

    /// Moves a camera until stopped; speed 1…255.
    func move(_ camera: CameraID, _ stream: NetStream, pan: Int, tilt: Int, zoom: Int, speed: Int) async throws {
        let (device, access) = try device(camera, stream)
        let scale = Double(speed) / 255
        try await askingONVIF { () async throws(ONVIFFailure) in
            if pan == 0, tilt == 0, zoom == 0 { return try await device.stop(access.profile) }
            try await device.move(
                access.profile, pan: Double(pan) * scale, tilt: Double(tilt) * scale, zoom: Double(zoom) * scale)
        }
    }

    /// Turns a camera to its home position.
    func goHome(_ camera: CameraID, _ stream: NetStream) async throws {
        let (device, access) = try device(camera, stream)
        try await askingONVIF { () async throws(ONVIFFailure) in try await device.goHome(access.profile) }
    }

    /// Sets, calls or deletes a preset.
    /// - Returns: the stream where the device's tokens changed, to be stored.
    func preset(
        _ action: PTZCommand.PresetAction, _ number: Int, name: String?, _ camera: CameraID, _ stream: NetStream
    ) async throws -> NetStream? {
        let (device, access) = try device(camera, stream)
        let token = access.presets[number]
        var changed = stream
        switch action {
        case .set:
            changed.onvif?.presets[number] = try await askingONVIF { () async throws(ONVIFFailure) in
                try await device.setPreset(access.profile, name: name ?? "\(number)", token: token)
            }
            return changed
        case .call:
            guard let token else { throw Problem.notFound }
            try await askingONVIF { () async throws(ONVIFFailure) in
                try await device.goTo(access.profile, preset: token)
            }
            return nil
        case .delete:
            guard let token else { throw Problem.notFound }
            try await askingONVIF { () async throws(ONVIFFailure) in
                try await device.remove(access.profile, preset: token)
            }
            changed.onvif?.presets[number] = nil
            return changed
        }
    }
}
