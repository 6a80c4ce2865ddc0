// Package azure describes what the types of the azurerm provider consist of, as
// far as they cost: components, units, quantities of attributes, defaults of
// the provider, and the keys of the usage file.
//
// It owns the descriptions, a file for each family of services. It has no
// prices (cost/pricebook).
package azure
