package vault

import (
	"net/http"
	"slices"
	"strings"
)

// route is one operation of the data plane.
type route struct {
	method, pattern string
	// action is the data action below Microsoft.KeyVault/vaults/, permission that of access policies.
	action, permission string
	status             int
	// makes says which key the operation needs; it is made outside of the transaction.
	makes func(one *call) (*keySpec, error)
	run   func(one *call) (any, error)
}

// match tells whether a path is the route's, and takes what it names.
func (to route) match(path []string, one *call) bool {
	pattern := strings.Split(to.pattern, "/")
	if len(pattern) != len(path) {
		return false
	}
	got := map[string]string{}
	for i, part := range pattern {
		switch {
		case strings.HasPrefix(part, "{"):
			got[part] = path[i]
		case !strings.EqualFold(part, path[i]):
			return false
		}
	}
	one.kind, one.name, one.version, one.issuer = strings.TrimPrefix(pattern[0], "deleted"), got["{name}"], got["{version}"], got["{issuer}"]
	return true
}

// routes are all operations; the first that matches counts.
func routes() []route {
	return slices.Concat(keyRoutes(), secretRoutes(), issuerRoutes(), certificateRoutes())
}

func keyRoutes() []route {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	return []route{
		{method: get, pattern: "keys", action: "keys/read", permission: "list", run: list},
		{method: get, pattern: "keys/{name}", action: "keys/read", permission: "get", run: getKey},
		{method: get, pattern: "keys/{name}/versions", action: "keys/read", permission: "list", run: listVersions},
		{method: get, pattern: "keys/{name}/rotationpolicy", action: "keyrotationpolicies/read", permission: "getrotationpolicy", run: getRotation},
		{method: put, pattern: "keys/{name}/rotationpolicy", action: "keyrotationpolicies/write", permission: "setrotationpolicy", run: setRotation},
		{method: post, pattern: "keys/{name}/create", action: "keys/create/action", permission: "create", makes: newKeySpec, run: createKey},
		{method: post, pattern: "keys/{name}/rotate", action: "keys/rotate/action", permission: "rotate", makes: rotatedKeySpec, run: rotateKey},
		{method: get, pattern: "keys/{name}/{version}", action: "keys/read", permission: "get", run: getKey},
		{method: patch, pattern: "keys/{name}", action: "keys/update/action", permission: "update", run: updateKey},
		{method: patch, pattern: "keys/{name}/{version}", action: "keys/update/action", permission: "update", run: updateKey},
		{method: del, pattern: "keys/{name}", action: "keys/delete", permission: "delete", run: remove},
		{method: get, pattern: "deletedkeys", action: "keys/read", permission: "list", run: listDeleted},
		{method: get, pattern: "deletedkeys/{name}", action: "keys/read", permission: "get", run: getDeleted},
		{method: del, pattern: "deletedkeys/{name}", action: "keys/purge/action", permission: "purge", status: http.StatusNoContent, run: purge},
		{method: post, pattern: "deletedkeys/{name}/recover", action: "keys/recover/action", permission: "recover", run: recoverDeleted},
	}
}

func secretRoutes() []route {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	return []route{
		{method: get, pattern: "secrets", action: "secrets/readMetadata/action", permission: "list", run: list},
		{method: get, pattern: "secrets/{name}", action: "secrets/getSecret/action", permission: "get", run: getSecret},
		{method: get, pattern: "secrets/{name}/versions", action: "secrets/readMetadata/action", permission: "list", run: listVersions},
		{method: get, pattern: "secrets/{name}/{version}", action: "secrets/getSecret/action", permission: "get", run: getSecret},
		{method: put, pattern: "secrets/{name}", action: "secrets/setSecret/action", permission: "set", run: setSecret},
		{method: patch, pattern: "secrets/{name}", action: "secrets/update/action", permission: "set", run: updateSecret},
		{method: patch, pattern: "secrets/{name}/{version}", action: "secrets/update/action", permission: "set", run: updateSecret},
		{method: del, pattern: "secrets/{name}", action: "secrets/delete", permission: "delete", run: remove},
		{method: get, pattern: "deletedsecrets", action: "secrets/readMetadata/action", permission: "list", run: listDeleted},
		{method: get, pattern: "deletedsecrets/{name}", action: "secrets/readMetadata/action", permission: "get", run: getDeleted},
		{method: del, pattern: "deletedsecrets/{name}", action: "secrets/purge/action", permission: "purge", status: http.StatusNoContent, run: purge},
		{method: post, pattern: "deletedsecrets/{name}/recover", action: "secrets/recover/action", permission: "recover", run: recoverDeleted},
	}
}

func issuerRoutes() []route {
	const get, put, patch, del = http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete
	return []route{
		{method: get, pattern: "certificates/contacts", action: "certificatecontacts/write", permission: "managecontacts", run: getContacts},
		{method: put, pattern: "certificates/contacts", action: "certificatecontacts/write", permission: "managecontacts", run: setContacts},
		{method: del, pattern: "certificates/contacts", action: "certificatecontacts/write", permission: "managecontacts", run: deleteContacts},
		{method: get, pattern: "certificates/issuers", action: "certificatecas/read", permission: "listissuers", run: listIssuers},
		{method: get, pattern: "certificates/issuers/{issuer}", action: "certificatecas/read", permission: "getissuers", run: getIssuer},
		{method: put, pattern: "certificates/issuers/{issuer}", action: "certificatecas/write", permission: "setissuers", makes: authoritySpec, run: setIssuer},
		{method: patch, pattern: "certificates/issuers/{issuer}", action: "certificatecas/write", permission: "setissuers", run: setIssuer},
		{method: del, pattern: "certificates/issuers/{issuer}", action: "certificatecas/delete", permission: "deleteissuers", run: deleteIssuer},
	}
}

func certificateRoutes() []route {
	const get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	return []route{
		{method: get, pattern: "certificates", action: "certificates/read", permission: "list", run: list},
		{method: get, pattern: "certificates/{name}", action: "certificates/read", permission: "get", run: getCertificate},
		{method: get, pattern: "certificates/{name}/versions", action: "certificates/read", permission: "list", run: listVersions},
		{method: get, pattern: "certificates/{name}/policy", action: "certificates/read", permission: "get", run: getPolicy},
		{method: patch, pattern: "certificates/{name}/policy", action: "certificates/update/action", permission: "update", run: setPolicy},
		{method: get, pattern: "certificates/{name}/pending", action: "certificates/read", permission: "get", run: getPending},
		{method: patch, pattern: "certificates/{name}/pending", action: "certificates/update/action", permission: "update", run: cancelPending},
		{method: del, pattern: "certificates/{name}/pending", action: "certificates/update/action", permission: "update", run: deletePending},
		{method: post, pattern: "certificates/{name}/pending/merge", action: "certificates/create/action", permission: "create", status: http.StatusCreated, run: mergeCertificate},
		{method: post, pattern: "certificates/{name}/create", action: "certificates/create/action", permission: "create", status: http.StatusAccepted, makes: certificateKeySpec, run: createCertificate},
		{method: post, pattern: "certificates/{name}/import", action: "certificates/import/action", permission: "import", run: importCertificate},
		{method: get, pattern: "certificates/{name}/{version}", action: "certificates/read", permission: "get", run: getCertificate},
		{method: patch, pattern: "certificates/{name}", action: "certificates/update/action", permission: "update", run: updateCertificate},
		{method: patch, pattern: "certificates/{name}/{version}", action: "certificates/update/action", permission: "update", run: updateCertificate},
		{method: del, pattern: "certificates/{name}", action: "certificates/delete", permission: "delete", run: remove},
		{method: get, pattern: "deletedcertificates", action: "certificates/read", permission: "list", run: listDeleted},
		{method: get, pattern: "deletedcertificates/{name}", action: "certificates/read", permission: "get", run: getDeleted},
		{method: del, pattern: "deletedcertificates/{name}", action: "certificates/purge/action", permission: "purge", status: http.StatusNoContent, run: purge},
		{method: post, pattern: "deletedcertificates/{name}/recover", action: "certificates/recover/action", permission: "recover", run: recoverDeleted},
	}
}
