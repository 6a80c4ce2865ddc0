package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// group is the group that owns the volumes of pods: that of the user nonroot in
// images without a shell.
const group = 65532

// startPeriod is how often a container that starts is asked, in seconds.
const startPeriod = 5

// deployment adds what runs the containers.
func (b *builder) deployment() {
	meta := b.named("")
	meta.Annotations["terrace.dev/release"] = b.spec.Release
	d := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: meta,
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: b.selector()},
			Template: b.pod(),
			Strategy: b.strategy(),
		},
	}
	if low, high := b.replicas(); low == high { // else the autoscaler says how many
		d.Spec.Replicas = &low
	}
	if patience, err := b.spec.startTimeout(); err == nil && patience.Seconds() > 600 {
		seconds := int32(patience.Seconds()) + 60
		d.Spec.ProgressDeadlineSeconds = &seconds
	}
	b.add("deployment", false, d)
}

// alone reports whether a volume keeps the workload to one pod.
func alone(s Spec) bool {
	for _, c := range s.Claims {
		if c.AccessMode == "" || c.AccessMode == "ReadWriteOnce" || c.AccessMode == "ReadWriteOncePod" {
			return true
		}
	}
	return false
}

func (b *builder) strategy() appsv1.DeploymentStrategy {
	if alone(b.spec) {
		return appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	}
	return appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType}
}

func (b *builder) pod() corev1.PodTemplateSpec {
	first, main := split(b.spec.Containers)
	no := false
	spec := corev1.PodSpec{
		ServiceAccountName: b.place.Workload, AutomountServiceAccountToken: &no, EnableServiceLinks: &no,
		SecurityContext: b.podSecurity(), TopologySpreadConstraints: b.spread(), Volumes: b.volumes(),
	}
	for _, name := range first {
		spec.InitContainers = append(spec.InitContainers, b.initContainer(name))
	}
	for _, name := range main {
		spec.Containers = append(spec.Containers, b.container(name))
	}
	labels := b.labels()
	if version := labelValue(b.spec.ReleaseVersion); version != "" {
		labels["app.kubernetes.io/version"] = version
	}
	if b.spec.Identity != nil {
		labels["azure.workload.identity/use"] = "true"
	}
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: map[string]string{
			"terrace.dev/release": b.spec.Release, "terrace.dev/config-digest": b.configDigest(),
		}},
		Spec: spec,
	}
}

// configDigest changes with every file and secret reference, so that pods are
// replaced when only those change.
func (b *builder) configDigest() string {
	files := map[string]map[string]File{}
	for name, c := range b.spec.Containers {
		files[name] = c.Files
	}
	raw, err := json.Marshal([]any{files, secretsOf(b.spec), b.spec.Vault})
	if err != nil && b.err == nil {
		b.err = err
	}
	sum := sha256.Sum256(raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (b *builder) podSecurity() *corev1.PodSecurityContext {
	yes, fsGroup, onMismatch := true, int64(group), corev1.FSGroupChangeOnRootMismatch
	c := &corev1.PodSecurityContext{
		RunAsNonRoot: &yes, FSGroup: &fsGroup, FSGroupChangePolicy: &onMismatch,
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	if b.spec.Security.User != 0 {
		user := b.spec.Security.User
		c.RunAsUser = &user
	}
	return c
}

// spread keeps the pods apart, over zones and machines, as far as it goes.
func (b *builder) spread() []corev1.TopologySpreadConstraint {
	var out []corev1.TopologySpreadConstraint
	for _, key := range []string{corev1.LabelTopologyZone, corev1.LabelHostname} {
		out = append(out, corev1.TopologySpreadConstraint{
			MaxSkew: 1, TopologyKey: key, WhenUnsatisfiable: corev1.ScheduleAnyway,
			LabelSelector: &metav1.LabelSelector{MatchLabels: b.selector()},
		})
	}
	return out
}
