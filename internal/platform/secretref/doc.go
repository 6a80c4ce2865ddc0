// Package secretref reads references to secrets: ${secret:NAME}, with #KEY behind the name
// for one key of a secret with several, and @VERSION for one version of it.
//
// It owns the grammar, which Score files, configuration and the settings of the platform
// share, and the names that references have in Azure Key Vault. It looks nothing up, and
// does not know whose secret is meant: that is the scope of what the reference stands in.
//
//	reference = "${secret:" name [ "#" key ] [ "@" version ] "}"
//	name      = word *( "/" word )             ; at most 253 characters
//	word      = alnum [ *( alnum / "." / "_" / "-" ) alnum ]
//	key       = 1*253( alnum / "." / "_" / "-" )
//	version   = a number from 1, without zeros before it
//
// Nothing nests: a reference ends with the first }.
package secretref
