package manifest

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NamespaceFile is the file of the project's namespace.
const NamespaceFile = "namespace.yaml"

// DenyFile is the file of the policy that denies the namespace what is not allowed.
const DenyFile = "networkpolicy-default-deny.yaml"

// podSecurity is the pod security standard of every namespace.
const podSecurity = "restricted"

// namespace adds what all workloads of the project in the stage share: the
// namespace, and the policy that nothing in it may talk unless allowed.
func (b *builder) namespace() {
	labels := map[string]string{
		"app.kubernetes.io/managed-by": "terrace", "app.kubernetes.io/part-of": b.place.Project,
		projectLabel: b.place.Project, stageLabel: b.place.Stage, TenantLabel: b.place.Tenant,
	}
	withSecurity := map[string]string{}
	for key, value := range labels {
		withSecurity[key] = value
	}
	for _, mode := range []string{"enforce", "audit", "warn"} {
		withSecurity["pod-security.kubernetes.io/"+mode] = podSecurity
	}
	b.add("namespace", true, &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: b.place.Namespace(), Labels: withSecurity},
	})
	b.add("networkpolicy-default-deny", true, &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: "default-deny", Namespace: b.place.Namespace(), Labels: labels},
		Spec: networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		},
	})
}

// account adds the account that the pods run as.
func (b *builder) account() {
	meta := b.named("")
	if id := b.spec.Identity; id != nil {
		meta.Annotations["azure.workload.identity/client-id"] = id.ClientID
		if id.TenantID != "" {
			meta.Annotations["azure.workload.identity/tenant-id"] = id.TenantID
		}
	}
	no := false
	b.add("serviceaccount", false, &corev1.ServiceAccount{
		TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta:                   meta,
		AutomountServiceAccountToken: &no,
	})
}
