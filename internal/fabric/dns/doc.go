// Package dns answers authoritatively for the names of the platform's
// workloads, such as orders.dev.shop.localhost.
//
// It owns the records, who may have which name, and the server that answers
// from memory. It resolves nothing for others: what lies outside its zones is
// refused. Which record a workload gets is not its business.
package dns
