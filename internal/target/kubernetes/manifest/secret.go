package manifest

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	secretsv1 "sigs.k8s.io/secrets-store-csi-driver/apis/v1"
)

// vaultPath is where the driver of the key vault mounts the secrets; only a
// mounted volume has them put into the Secret that variables refer to.
const vaultPath = "/var/run/secrets/terrace.dev"

// secretName is the Secret that the workload's variables and files refer to.
func (b *builder) secretName() string { return b.named("secrets").Name }

// secrets adds the class by which the driver fetches the secrets from the key
// vault, as the identity of the workload, and keeps the Secret.
func (b *builder) secrets() {
	names := secretsOf(b.spec)
	if b.spec.Vault == nil || len(names) == 0 {
		return
	}
	synced := &secretsv1.SecretObject{SecretName: b.secretName(), Type: string(corev1.SecretTypeOpaque), Labels: b.labels()}
	var objects strings.Builder
	objects.WriteString("array:\n")
	for _, name := range names {
		synced.Data = append(synced.Data, &secretsv1.SecretObjectData{ObjectName: name, Key: name})
		fmt.Fprintf(&objects, "  - |\n    objectName: %s\n    objectType: secret\n", name)
	}
	parameters := map[string]string{
		"usePodIdentity": "false", "keyvaultName": b.spec.Vault.Name, "tenantId": b.spec.Vault.TenantID, "objects": objects.String(),
	}
	if b.spec.Identity != nil {
		parameters["clientID"] = b.spec.Identity.ClientID
	}
	b.add("secretproviderclass", false, &secretsv1.SecretProviderClass{
		TypeMeta:   metav1.TypeMeta{APIVersion: "secrets-store.csi.x-k8s.io/v1", Kind: "SecretProviderClass"},
		ObjectMeta: b.named(""),
		Spec: secretsv1.SecretProviderClassSpec{
			Provider: "azure", Parameters: parameters, SecretObjects: []*secretsv1.SecretObject{synced},
		},
	})
}

func (b *builder) vaultVolume() corev1.VolumeSource {
	yes := true
	return corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{
		Driver: "secrets-store.csi.k8s.io", ReadOnly: &yes,
		VolumeAttributes: map[string]string{"secretProviderClass": b.place.Workload},
	}}
}

// Notes tells what the cluster must have that is not in the repository.
func Notes(p Place, s Spec) []string {
	if names := secretsOf(s); s.Vault == nil && len(names) > 0 {
		b := &builder{place: p, spec: s}
		return []string{fmt.Sprintf("the cluster needs the Secret %s in the namespace %s with the keys %s: this stage has no key vault that they could come from",
			b.secretName(), p.Namespace(), strings.Join(names, ", "))}
	}
	return nil
}
