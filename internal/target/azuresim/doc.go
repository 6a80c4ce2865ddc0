// Package azuresim is a simulated Azure on this machine: cloud metadata, sign-in, Resource
// Manager and data planes, spoken to by the unmodified azurerm provider and by
// the azurerm backend.
//
// It owns the server: TLS with a CA of its own, host names, tokens, the proxy, the
// folder that it lives in and the operations API by which a person looks into
// it. What resources are is in package kinds, how they are kept in package
// arm. Every answer has the header "Terrace-Simulation: azure", and nothing in
// Terrace talks to it unless asked.
package azuresim
