// Package dns is the private DNS of an organisation: the names of workloads, such as
// orders.dev.shop.localhost, and the zones of tenants, as each network is to see them.
//
// It owns zones, their records, networks, private endpoints, keys and forwarders, who may have
// which name, dynamic updates and transfers, and the server that answers from memory. How
// zones answer is dns/zone's, and how others are asked dns/forward's. Which record a workload
// gets is not its business.
package dns
