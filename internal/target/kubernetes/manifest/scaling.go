package manifest

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The usual numbers of pods, and the usual load in percent of the request.
const (
	usualMin, usualMax = 2, 4
	usualCPU           = 70
)

// replicas returns the bounds of the number of pods.
func (b *builder) replicas() (low, high int32) {
	if alone(b.spec) {
		return 1, 1
	}
	low, high = b.spec.Scaling.Min, b.spec.Scaling.Max
	if low == 0 {
		low = usualMin
		if high != 0 {
			low = min(low, high)
		}
	}
	if high == 0 {
		high = max(usualMax, low)
	}
	return low, high
}

// scaling adds the autoscaler, where there is room, and the disruption budget.
func (b *builder) scaling() {
	low, high := b.replicas()
	cpu := b.spec.Scaling.CPU
	if cpu == 0 {
		cpu = usualCPU
	}
	if low < high {
		b.add("horizontalpodautoscaler", false, &autoscalingv2.HorizontalPodAutoscaler{
			TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
			ObjectMeta: b.named(""),
			Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
				ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: b.place.Workload},
				MinReplicas:    &low, MaxReplicas: high,
				Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
					Name: corev1.ResourceCPU, Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &cpu},
				}}},
			},
		})
	}
	one := intstr.FromInt32(1)
	b.add("poddisruptionbudget", false, &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: b.named(""),
		Spec:       policyv1.PodDisruptionBudgetSpec{MaxUnavailable: &one, Selector: &metav1.LabelSelector{MatchLabels: b.selector()}},
	})
}
