// Package keyvault speaks to Azure Key Vault, signed in with a token of Terrace's own.
//
// It owns which addresses are those of vaults, how Terrace signs in there, and what the
// errors of a vault mean. It keeps no secret of Azure and no value. What is written there,
// and when, is for packages vaultsync and vaultcert to say.
package keyvault
