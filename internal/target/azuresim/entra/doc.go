// Package entra issues and checks the tokens of the simulated cloud, as Microsoft
// Entra ID does: client secrets, federated credentials, discovery and keys.
//
// It owns signatures and claims. It does not own who the principals are: a
// Directory says.
package entra
