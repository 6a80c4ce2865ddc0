// Package azure is what the gateway's documents are on Azure: the routes, policies and products in
// force on a stage become inputs of the modules api-management and waf-gateway, and what
// Azure cannot do of them is told, field by field.
//
// It owns the one translation and the table of what is exact, what only comes close and
// what is refused. It calls no Azure and renders no Terraform: a definition and the
// landing zone take what it gives.
package azure
