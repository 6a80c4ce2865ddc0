// Package cost tells what a plan costs before it is applied: per resource and
// component, monthly and hourly, and against what runs.
//
// It owns what a priced resource is, its components, the usage file, and how an
// estimate is made of resources, descriptions of their types and a price book.
// It does not read plans (cost/planned) or configurations (cost/static), does
// not know what a type consists of (cost/azure), keeps no prices
// (cost/pricebook), and sets no budgets.
package cost
