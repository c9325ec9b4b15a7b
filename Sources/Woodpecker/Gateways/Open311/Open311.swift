import Cases
import Crypt
import Kernel
import Places
import Storage
import Web

/// GeoReport v2 with paging, media upload and the updates extension. What is published of a request is what everybody
/// may know: category, state, coarse place, public words. Never the words, photos, name or exact place of a report.
struct Open311: Sendable {
    let room: WoodpeckerRoom
    static let jurisdiction = "zhili.local"
    static let spanMs: Int64 = 90 * CivilTime.dayMs
    static let cap = 1_000

    func routes(_ routes: inout Routes) {
        for format in Open311Format.allCases {
            routes.get("/open311/discovery.\(format.rawValue)", .device, "Open311: where the endpoints are") { call in
                discovery(call, format)
            }
            routes.get("/open311/v2/services.\(format.rawValue)", .device, "Open311: what can be reported") { call in
                try await answer(format) {
                    try jurisdiction(call.incoming.query)
                    return ("services", .list(services(call), of: "service"))
                }
            }
            routes.get("/open311/v2/requests.\(format.rawValue)", .device, "Open311: what was reported") { call in
                try await answer(format) {
                    try jurisdiction(call.incoming.query)
                    return ("service_requests", .list(try await requests(call), of: "request"))
                }
            }
            routes.post(
                "/open311/v2/requests.\(format.rawValue)", .device, "Open311: report something",
                bodyLimit: ReportForm.bodyLimit
            ) { call in
                try await answer(format) { ("service_requests", .list([try await create(call)], of: "request")) }
            }
            routes.get(
                "/open311/v2/servicerequestupdates.\(format.rawValue)", .device, "Open311: what changed in a time"
            ) { call in
                try await answer(format) {
                    ("service_requests_updates", .list(try await updates(call), of: "request_update"))
                }
            }
            routes.post(
                "/open311/v2/servicerequestupdates.\(format.rawValue)", .device, "Open311: another system's update"
            ) { call in
                try await answer(format) {
                    ("service_request_updates", .list([try await takeUpdate(call)], of: "request_update"))
                }
            }
        }
        // The format is a part of the last piece of these: `006.xml`.
        routes.get("/open311/v2/services/{code}", .device, "Open311: the questions of a service") { call in
            let (code, format) = try split(call.param("code"))
            return try await answer(format) {
                try jurisdiction(call.incoming.query)
                guard let category = room.category(code), !category.questions.isEmpty else {
                    throw Open311Error.unknown("service_code")
                }
                return ("service_definition", definition(category, call))
            }
        }
        routes.get("/open311/v2/requests/{code}", .device, "Open311: one request") { call in
            let (code, format) = try split(call.param("code"))
            return try await answer(format) {
                try jurisdiction(call.incoming.query)
                let found = try await find([code], call)
                guard !found.isEmpty else { throw Open311Error.unknown("service_request_id") }
                return ("service_requests", .list(found, of: "request"))
            }
        }
        routes.get("/open311/v2/tokens/{code}", .device, "Open311: the request behind a token") { call in
            let (code, format) = try split(call.param("code"))
            return try await answer(format) {
                try jurisdiction(call.incoming.query)
                // Every report gets its number at once, so a token is that number.
                guard try await !find([code], call).isEmpty else { throw Open311Error.unknown("token") }
                return (
                    "service_requests",
                    .list(
                        [.object([("service_request_id", .text(code)), ("token", .text(code))])], of: "request")
                )
            }
        }
    }

    func answer(
        _ format: Open311Format, _ work: () async throws -> (String, Open311Node)
    ) async throws -> Answer {
        do {
            let (root, node) = try await work()
            return format.answer(root, node)
        } catch let error as Open311Error {
            return format.answer("errors", error.node, status: error.status)
        } catch let problem as Problem where problem.status < 500 {
            let flaw = problem.fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(
                separator: ", ")
            let error = Open311Error(status: 400, description: flaw.isEmpty ? problem.code : flaw)
            return format.answer("errors", error.node, status: error.status)
        } catch CryptError.busy {
            return format.answer("errors", Open311Error(status: 400, description: "busy").node, status: 503)
        }
    }

    func split(_ piece: String) throws -> (String, Open311Format) {
        for format in Open311Format.allCases where piece.hasSuffix(".\(format.rawValue)") {
            return (String(piece.dropLast(format.rawValue.count + 1)), format)
        }
        throw Problem.notFound
    }

    func jurisdiction(_ form: Form) throws {
        if let asked = form["jurisdiction_id"], !asked.isEmpty, asked != Self.jurisdiction {
            throw Open311Error.unknown("jurisdiction_id")
        }
    }

    /// Where the caller found us.
    static func root(_ call: Call) -> String {
        "\(call.incoming.isSecure ? "https" : "http")://\(call.incoming.authority ?? "127.0.0.1")"
    }

    func discovery(_ call: Call, _ format: Open311Format) -> Answer {
        let url = Self.root(call) + "/open311/v2"
        let changeset = "2026-11-25T00:00:00+08:00"
        let formats = Open311Node.list([.text("text/xml"), .text("application/json")], of: "format")
        let endpoint = Open311Node.object([
            ("specification", .text("http://wiki.open311.org/GeoReport_v2")), ("url", .text(url)),
            ("changeset", .text(changeset)), ("type", .text("production")), ("formats", formats),
        ])
        // Validators compare this type as it stands, without a character set.
        return format.answer(
            "discovery",
            .object([
                ("changeset", .text(changeset)), ("contact", .text(call.word("woodpecker.open311.contact"))),
                ("key_service", .text(call.word("woodpecker.open311.keys"))),
                ("endpoints", .list([endpoint], of: "endpoint")),
            ]), plainType: true)
    }
}
