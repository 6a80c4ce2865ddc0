package kinds

import (
	"encoding/base64"
	"fmt"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// entraServer is the application id of Kubernetes clusters in Entra ID, the same everywhere.
const entraServer = "6dae42f8-4368-4678-94ff-3960e28e3630"

// aksUserCredential is a kubeconfig that signs in through Entra ID, or with a token where the cluster has local accounts alone.
func aksUserCredential(c *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	if !r.Has("properties.aadProfile") {
		return kubeconfigs("clusterUser", tokenConfig(c, r, "clusterUser_")), nil
	}
	return kubeconfigs("clusterUser", entraConfig(c, r)), nil
}

func aksAdminCredential(c *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	if r.Bool("properties.disableLocalAccounts") {
		return nil, arm.BadRequest("BadRequest", "Getting static credential is not allowed because this cluster is set to disable local accounts.")
	}
	return kubeconfigs("clusterAdmin", tokenConfig(c, r, "clusterAdmin_")), nil
}

func kubeconfigs(name, config string) arm.Object {
	return arm.Object{"kubeconfigs": []any{arm.Object{"name": name, "value": base64.StdEncoding.EncodeToString([]byte(config))}}}
}

// server is where the API server would be.
func server(r *arm.Resource) string {
	if private := r.Str("properties.privateFQDN"); private != "" {
		return "https://" + private + ":443"
	}
	return "https://" + r.Str("properties.fqdn") + ":443"
}

func clusterConfig(r *arm.Resource, user string) string {
	authority := base64.StdEncoding.EncodeToString([]byte("the simulated cluster " + r.Name() + " has no API server"))
	return fmt.Sprintf(`apiVersion: v1
kind: Config
preferences: {}
current-context: %[1]s
clusters:
- name: %[1]s
  cluster:
    certificate-authority-data: %[2]s
    server: %[3]s
contexts:
- name: %[1]s
  context:
    cluster: %[1]s
    user: %[4]s
`, r.Name(), authority, server(r), user)
}

func entraConfig(c *arm.Context, r *arm.Resource) string {
	user := "clusterUser_" + r.ID.Group + "_" + r.Name()
	return clusterConfig(r, user) + fmt.Sprintf(`users:
- name: %s
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: kubelogin
      args:
      - get-token
      - --environment
      - AzurePublicCloud
      - --server-id
      - %s
      - --tenant-id
      - %s
      - --login
      - devicecode
      env: null
      provideClusterInfo: false
`, user, entraServer, c.Cloud().TenantID)
}

func tokenConfig(c *arm.Context, r *arm.Resource, prefix string) string {
	user := prefix + r.ID.Group + "_" + r.Name()
	token := r.Secret("token")
	if token == "" {
		token = c.NewHex(64)
		r.Hide("token", token)
		c.Put(r)
	}
	return clusterConfig(r, user) + fmt.Sprintf("users:\n- name: %s\n  user:\n    token: %s\n", user, token)
}
