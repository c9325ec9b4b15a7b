import Kernel
import Storage
import Web

/// What the page of a case does with its alarms: all that still wait, in one transaction.
struct CaseFormRoutes {
    let desk: any Desk

    func add(to routes: inout Routes) {
        routes.post("/cases/{id}/acknowledge", .needs(.alarmHandle), "Take a case's alarms, from its page") { call in
            let id: CaseID = try call.id()
            let caller = try call.signedIn()
            try await call.database.write { [desk] db in
                for alarm in try AlarmStore.ofCase(id, in: db) where alarm.state == .raised {
                    _ = try AlarmDesk(desk: desk).acknowledge(alarm.id, by: caller.person, at: .now, in: db)
                }
            }
            return .redirect(to: "/cases/\(id)?done=cases.moved")
        }
        routes.post("/cases/{id}/verify", .needs(.alarmHandle), "Say what a case's alarms were, from its page") {
            call in
            let id: CaseID = try call.id()
            let caller = try call.signedIn()
            let form = call.form
            guard let verdict = form["verdict"].flatMap(Alarm.Verdict.init(rawValue:)) else {
                throw Problem.invalid(["verdict": "required"])
            }
            let second = form["second"].flatMap(SecondSource.init(rawValue:))
            let note = String((form["text"] ?? "").prefix(2_000))
            try await call.database.write { [desk] db in
                for alarm in try AlarmStore.ofCase(id, in: db)
                where alarm.state == .raised || alarm.state == .acknowledged {
                    _ = try AlarmDesk(desk: desk).verify(
                        alarm.id, as: verdict, secondSource: second, note: note, by: caller.person, at: .now, in: db)
                }
            }
            return .redirect(to: "/cases/\(id)?done=cases.moved")
        }
    }
}
