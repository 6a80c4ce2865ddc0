// Package budget bounds what may be spent: budgets of tenants, projects, stages and
// workloads, what their month is going to cost, and what a run would add.
//
// It owns budgets with their history, the ledger of what runs is estimated to cost
// over time, what runs that are on their way are going to add, and which thresholds
// were told. It does not own prices and estimates (governance/cost), nor what is
// really paid (governance/focus).
package budget
