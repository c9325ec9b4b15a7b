import Web

extension Navigation {
    /// The house's entries, sorted as the desk thinks of them.
    static func rail(_ items: [NavigationItem]) -> Navigation {
        Navigation(
            items,
            under: [
                Heading("centre.nav.desk", icon: "desk", ["/"]),
                Heading("townmap.nav.map", icon: "map", ["/map"]),
                Heading(
                    "centre.nav.cases", icon: "cases",
                    ["/cases", "/joint", "/joint/review", "/units", "/statistics", "/summary", "/calendar"]),
                Heading(
                    "centre.nav.fire", icon: "alarms",
                    ["/mine", "/alarms", "/sites", "/detectors", "/inspections", "/gateways"]),
                Heading(
                    "centre.nav.watch", icon: "camera",
                    ["/cameras", "/watch/wall", "/water", "/speak", "/broadcasts", "/watch-devices"]),
                Heading("centre.nav.registry", icon: "list", ["/registry", "/field/visits"]),
                Heading(
                    "centre.nav.woodpecker", icon: "messages",
                    ["/reports", "/lesson-desk", "/official-account", "/sample-wechat"]),
                Heading(
                    "centre.nav.duty", icon: "clock",
                    [
                        "/duty", "/patrol", "/field/patrol", "/plans", "/messages", "/escalation", "/message-templates",
                        "/carriers",
                        "/sample-gateway",
                    ]),
                Heading("centre.nav.people", icon: "staff", ["/staff", "/roles", "/audit"]),
            ])
    }
}
