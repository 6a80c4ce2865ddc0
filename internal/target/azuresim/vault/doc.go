// Package vault is the data plane of the simulated Key Vault: keys, secrets and
// certificates with their versions, policies, issuers and contacts, soft deletion and
// recovery, at https://<vault>.vault.<domain>/.
//
// It owns what is in a vault and who may use it: Azure roles on the vault or on one
// object, or the vault's access policies. It does not own the vaults themselves, which are
// a kind of Resource Manager's (package kinds), nor sign-in (package entra).
// Keys and certificates are real; keys in hardware modules are made in software.
package vault
