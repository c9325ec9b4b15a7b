import Foundation
import HTTPTypes
import Kernel
import Testing
import Web

@testable import Centre

@Suite("What screens do, programs can", .serialized)
struct ScreenTests {
    /// What each page's write is called in the API; where several do it, the last of them.
    private static let counterparts: [String: String] = [
        "/login": "POST /api/v1/sessions", "/logout": "DELETE /api/v1/sessions/current",
        "/account/password": "POST /api/v1/me/password", "/account/codes": "PUT /api/v1/me/codes",
        "/account/sessions/{id}": "DELETE /api/v1/sessions/{id}",
        "/staff/new": "POST /api/v1/staff", "/staff/{id}": "PUT /api/v1/staff/{id}",
        "/cases/{id}/acknowledge": "POST /api/v1/alarms/{id}/acknowledge",
        "/cases/{id}/verify": "POST /api/v1/alarms/{id}/verify", "/cases/{id}/moves": "POST /api/v1/cases/{id}/moves",
        "/cases/{id}/tasks": "POST /api/v1/cases/{id}/tasks",
        "/units/new": "POST /api/v1/units", "/units/{id}": "PUT /api/v1/units/{id}",
        "/units/{id}/duty": "PUT /api/v1/units/{id}",
        "/sites/new": "POST /api/v1/sites", "/sites/{id}/edit": "PUT /api/v1/sites/{id}",
        "/sites/{id}/maintenance": "POST /api/v1/sites/{id}/maintenance",
        "/sites/{id}/inspections/{inspection}": "POST /api/v1/inspections/{id}/record",
        "/sites/{id}/answer": "POST /api/v1/alarms/{id}/answer",
        "/sites/{id}/detectors/new": "POST /api/v1/detectors",
        "/sites/{id}/detectors/{detector}": "PUT /api/v1/detectors/{id}",
        "/gateways/new": "POST /api/v1/gateways", "/gateways/{id}": "PUT /api/v1/gateways/{id}",
        "/gateways/{id}/roll-call": "POST /api/v1/gateways/{id}/roll-call",
        "/gateways/trials": "POST /api/v1/gateways/trials",
        "/escalation/new": "POST /api/v1/escalation-policies",
        "/escalation/{id}": "PUT /api/v1/escalation-policies/{id}",
        "/me/reach": "PUT /api/v1/me/reach", "/messages/{id}/retry": "POST /api/v1/messages/{id}/retry",
        "/duty/rosters/new": "POST /api/v1/rosters", "/duty/rosters/{id}": "PUT /api/v1/rosters/{id}",
        "/duty/shifts/{id}/check-in": "POST /api/v1/shifts/{id}/check-in",
        "/duty/shifts/{id}/handover": "POST /api/v1/shifts/{id}/handover",
        "/duty/shifts/{id}/remarks": "POST /api/v1/shifts/{id}/remarks",
        "/duty/shifts/{id}/substitute": "POST /api/v1/shifts/{id}/substitute",
        "/duty/shifts/{id}/swap": "POST /api/v1/shifts/{id}/swap", "/duty/swaps/{id}": "POST /api/v1/swaps/{id}",
        "/duty/handovers/{id}": "POST /api/v1/handovers/{id}/items/{item}",
        "/duty/calendar": "POST /api/v1/shifts/calendar",
        "/joint/cases/{id}": "PUT /api/v1/cases/{id}/joint",
        "/joint/cases/{id}/tasks": "POST /api/v1/cases/{id}/joint/tasks",
        "/joint/cases/{id}/messages": "POST /api/v1/cases/{id}/joint/messages",
        "/joint/tasks/{id}": "POST /api/v1/joint-tasks/{id}/moves", "/joint/review": "PUT /api/v1/joint/review",
        "/patrol/rounds/new": "POST /api/v1/patrol/rounds", "/patrol/rounds/{id}": "PUT /api/v1/patrol/rounds/{id}",
        "/patrol/tracks": "POST /api/v1/cases/{id}/patrol-track",
        "/broadcasts/new": "POST /api/v1/broadcasts", "/broadcasts/{id}/issue": "POST /api/v1/broadcasts/{id}/issue",
        "/broadcasts/{id}/cancel": "POST /api/v1/broadcasts/{id}/cancel",
        "/broadcasts/{id}/discard": "DELETE /api/v1/broadcasts/{id}",
        "/cameras/onvif/search": "POST /api/v1/onvif/searches",
        "/cameras/onvif/profiles": "POST /api/v1/onvif/profiles", "/cameras/onvif/add": "POST /api/v1/onvif/cameras",
        "/cameras/new": "POST /api/v1/cameras", "/cameras/{id}/stream": "PUT /api/v1/cameras/{id}/stream",
        "/cameras/{id}/stream/check": "POST /api/v1/cameras/{id}/stream/check",
        "/cameras/{id}/delete": "DELETE /api/v1/cameras/{id}",
        "/cameras/{id}": "PATCH /api/v1/cameras/{id}", "/watch-devices/new": "POST /api/v1/watch-devices",
        "/watch-devices/{id}/catalogue": "POST /api/v1/watch-devices/{id}/catalogue",
        "/watch-devices/{id}/password": "PUT /api/v1/watch-devices/{id}/password",
        "/speak/phrases/new": "POST /api/v1/voice-phrases",
        "/speak/phrases/recordings": "POST /api/v1/voice-phrases/recordings",
        "/speak/phrases/{id}": "PUT /api/v1/voice-phrases/{id}",
        "/speak/phrases/{id}/delete": "DELETE /api/v1/voice-phrases/{id}",
        "/water/places/new": "POST /api/v1/water-places", "/water/places/{id}": "PUT /api/v1/water-places/{id}",
        "/water/places/{id}/delete": "DELETE /api/v1/water-places/{id}",
        "/message-templates/languages": "POST /api/v1/message-languages",
        "/message-templates/new": "POST /api/v1/message-templates",
        "/message-templates/{id}": "PUT /api/v1/message-templates/{id}",
        "/message-templates/{id}/approve": "POST /api/v1/message-templates/{id}/approve",
        "/message-templates/{id}/retire": "POST /api/v1/message-templates/{id}/retire",
        "/water/sightings/{id}": "POST /api/v1/water-sightings/{id}/outcome",
        "/departments": "POST /api/v1/departments", "/departments/keys": "POST /api/v1/departments/keys",
        "/departments/open311": "POST /api/v1/departments/open311",
        "/lesson-desk": "POST /api/v1/lessons", "/lesson-desk/{id}": "POST /api/v1/lessons/{id}/moves",
        "/lesson-desk/{id}/pictures": "POST /api/v1/lessons/{id}/pictures",
        "/lesson-desk/{id}/video": "POST /api/v1/lessons/{id}/video",
        "/lesson-offers/{id}": "POST /api/v1/cases/{id}/lessons",
        "/lesson-desk/{id}/push": "POST /api/v1/lessons/{id}/push",
        "/reports/{id}": "POST /api/v1/reports/{id}/moves",
        "/registry/imports/{id}": "POST /api/v1/imports/{id}/start",
        "/registry/pairs": "POST /api/v1/registry/pairs/search",
        "/registry/pairs/{id}": "POST /api/v1/registry/pairs/{id}",
        "/registry/categories/{category}/remove": "POST /api/v1/categories/{category}/removal",
        "/registry/categories/{category}/restore": "POST /api/v1/categories/{category}/restore",
        "/registry/proposals/{id}": "POST /api/v1/registry/proposals/{id}",
        "/registry/{category}/new": "POST /api/v1/records/{category}",
        "/registry/{category}/{id}/edit": "PATCH /api/v1/records/{category}/{id}",
        "/registry/{category}/{id}/propose": "POST /api/v1/records/{category}/{id}/proposals",
        "/registry/{category}/{id}/unmask": "POST /api/v1/records/{category}/{id}/unmask",
        "/plans/new": "POST /api/v1/plans", "/plans/{id}": "PUT /api/v1/plans/{id}",
        "/plans/{id}/retire": "POST /api/v1/plans/{id}/retire", "/plans/drills": "POST /api/v1/drills",
        "/plans/drills/{id}/start": "POST /api/v1/drills/{id}/start",
        "/plans/drills/{id}/end": "POST /api/v1/drills/{id}/end",
        "/plans/cases/{id}/steps/{step}": "POST /api/v1/cases/{id}/plan/steps/{step}",
        "/reports/{id}/photos/{report}/{position}/redact":
            "POST /api/v1/reports/{id}/photos/{report}/{position}/redact",
        "/reports/{id}/public-photos/{photo}": "DELETE /api/v1/reports/{id}/public-photos/{photo}",
        "/report-templates": "POST /api/v1/report-templates",
        "/official-account": "PUT /api/v1/official-account/menu",
        "/report/send": "POST /api/v1/reports", "/receipt": "POST /api/v1/reports/status",
    ]

    /// What is a page's alone, and why.
    private static let pagesAlone: [String: String] = [
        "/preferences": "language and colours of one browser",
        "/report/form": "the next step of a form that keeps nothing",
        "/lessons/{id}": "the answers to a lesson's questions are told back and not kept",
        "/registry/report": "printed at the counter for the person whom it tells of; its values leave on no other way",
        "/sample-gateway/{id}/answer": "a finger on an invented phone",
        "/sample-wechat": "a finger on an invented phone",
    ]

    /// Ways in of other machines, in forms that their standards fix.
    private static let machines = ["/push/", "/open311/", "/wechat", "/cap/", "/carriers/", "/sample-gateway/messages"]

    @Test("Whatever a page can write, the API can, under the same permission or a narrower one")
    func writes() async throws {
        let town = try await Town.open()
        let routes = town.house.routes.all
        let byName = Dictionary(routes.map { ("\($0.method.rawValue) \($0.path)", $0) }) { first, _ in first }
        let pages = routes.filter { route in
            route.method != .get && !route.path.hasPrefix("/api/v1/")
                && !Self.machines.contains { route.path.hasPrefix($0) }
                && !route.path.hasPrefix("/sample-wechat/api/")
        }
        for page in pages where Self.pagesAlone[page.path] == nil {
            guard let name = Self.counterparts[page.path] else {
                Issue.record("\(page.path) has no counterpart in the API")
                continue
            }
            guard let route = byName[name] else {
                Issue.record("\(page.path): there is no \(name)")
                continue
            }
            if case .needs(let wanted) = page.access, case .needs(let given) = route.access {
                #expect(wanted.roles.isSubset(of: given.roles) || given.roles.isSubset(of: wanted.roles), "\(name)")
            }
        }
        // Nothing stands here that there is no more.
        let known = Set(pages.map(\.path))
        #expect(Set(Self.counterparts.keys).union(Self.pagesAlone.keys).subtracting(known) == [])
        await town.close()
    }

    @Test("Every list of the console is a workbook too, and takes the page's filters")
    func workbooks() async throws {
        let town = try await Town.open()
        let paths = Set(town.house.routes.all.filter { $0.method == .get }.map(\.path))
        for list in [
            "/cases", "/alarms", "/sites", "/detectors", "/gateways", "/inspections", "/roll-calls", "/staff", "/units",
            "/audit", "/messages", "/reports", "/report-rates", "/water/log", "/broadcasts", "/carriers",
            "/lesson-desk",
        ] {
            #expect(paths.contains(list) && paths.contains(list + ".xlsx"), "\(list)")
            guard let page = town.house.routes.all.first(where: { $0.method == .get && $0.path == list }),
                case .needs(let permission) = page.access,
                let person = Town.people.first(where: { name in
                    Role(rawValue: name).map(permission.roles.contains) ?? false
                })
            else { continue }
            let book = await town.ask(.get, list + ".xlsx", as: person)
            #expect(book.status == 200 && book.bodyBytes.starts(with: Array("PK".utf8)), "\(list)")
        }
        await town.close()
    }

    @Test("A form may come as JSON: texts, numbers, flags and lists")
    func jsonForms() {
        let form = Form(json: Array(#"{"a":"x","n":7,"f":true,"no":false,"l":["1",2],"deep":{"x":1},"z":null}"#.utf8))
        #expect(form["a"] == "x" && form["n"] == "7" && form["f"] == "1" && form["no"] == "0")
        #expect(form.all("l") == ["1", "2"] && form["deep"] == nil && form["z"] == nil)
        #expect(Form(json: Array("[1]".utf8)).values == [:] && Form(json: [0xff]).values == [:])
    }
}
