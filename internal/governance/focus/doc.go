// Package focus knows what was really paid: it takes billing files in the FOCUS
// format, allocates their costs by tags and by rules for what is shared, and
// tells who costs what, where a day is out of line, and what is paid for in vain.
//
// It owns imports, rules of allocation, showback reports, anomalies and idle
// findings. It does not estimate what a plan will cost, and it blocks nothing:
// governance/cost and budgets do. It keeps no single billing row, but sums by
// billing period and resource, and by day, service and tags.
package focus
