// Package maturity assesses how mature the practice of FinOps is: 22 capabilities,
// each not begun, crawl, walk or run.
//
// It owns the capabilities with their criteria, the answers of people and the
// level that follows from them. What the platform can measure it does not ask;
// where the figures come from is Evidence's.
package maturity
