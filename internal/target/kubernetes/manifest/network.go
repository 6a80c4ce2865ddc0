package manifest

import (
	"maps"
	"net/url"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// service adds the name and ports under which others reach the pods.
func (b *builder) service() {
	if len(b.spec.Ports) == 0 {
		return
	}
	var ports []corev1.ServicePort
	for _, name := range sorted(b.spec.Ports) {
		p := b.spec.Ports[name]
		ports = append(ports, corev1.ServicePort{Name: name, Port: p.Port, TargetPort: intstr.FromInt32(p.Target()), Protocol: protocol(p)})
	}
	b.add("service", false, &corev1.Service{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}, ObjectMeta: b.named(""),
		Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, Selector: b.selector(), Ports: ports},
	})
}

// routes adds a route of the stage's gateway for each route of the workload.
func (b *builder) routes() {
	for _, name := range sorted(b.spec.Routes) {
		r := b.spec.Routes[name]
		port, _ := b.spec.port(r.Port)
		b.add("httproute-"+name, false, &gatewayv1.HTTPRoute{
			TypeMeta:   metav1.TypeMeta{APIVersion: "gateway.networking.k8s.io/v1", Kind: "HTTPRoute"},
			ObjectMeta: b.named(name),
			Spec: gatewayv1.HTTPRouteSpec{
				CommonRouteSpec: gatewayv1.CommonRouteSpec{ParentRefs: []gatewayv1.ParentReference{b.parent()}},
				Hostnames:       []gatewayv1.Hostname{gatewayv1.Hostname(r.host())},
				Rules:           []gatewayv1.HTTPRouteRule{b.rule(r, b.spec.Ports[port].Port)},
			},
		})
	}
}

func (r Route) host() string {
	if u, err := url.Parse(r.URL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return r.URL // in a preview
}

func (b *builder) parent() gatewayv1.ParentReference {
	g := b.place.Gateway
	namespace := gatewayv1.Namespace(g.Namespace)
	ref := gatewayv1.ParentReference{Name: gatewayv1.ObjectName(g.Name), Namespace: &namespace}
	if g.Section != "" {
		section := gatewayv1.SectionName(g.Section)
		ref.SectionName = &section
	}
	return ref
}

func (b *builder) rule(r Route, port int32) gatewayv1.HTTPRouteRule {
	kind, path, number := gatewayv1.PathMatchPathPrefix, r.Path, port
	if path == "" {
		path = "/"
	}
	return gatewayv1.HTTPRouteRule{
		Matches: []gatewayv1.HTTPRouteMatch{{Path: &gatewayv1.HTTPPathMatch{Type: &kind, Value: &path}}},
		BackendRefs: []gatewayv1.HTTPBackendRef{{BackendRef: gatewayv1.BackendRef{BackendObjectReference: gatewayv1.BackendObjectReference{
			Name: gatewayv1.ObjectName(b.place.Workload), Port: &number,
		}}}},
	}
}

// policies adds what the pods may be called by and may call, beside nothing:
// the namespace denies the rest.
func (b *builder) policies() {
	b.add("networkpolicy", false, b.policy("", b.selector(), networkingv1.NetworkPolicySpec{
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		Ingress:     b.ingress(), Egress: b.egress(),
	}))
	for _, callee := range b.calls() {
		b.add("networkpolicy-to-"+callee, false, b.policy("to-"+callee, map[string]string{nameLabel: callee}, networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{pods(b.selector())}}},
		}))
	}
}

// calls returns the workloads that this one calls, each once.
func (b *builder) calls() []string {
	return slices.Compact(slices.Sorted(slices.Values(b.spec.Calls)))
}

func (b *builder) policy(suffix string, selector map[string]string, spec networkingv1.NetworkPolicySpec) *networkingv1.NetworkPolicy {
	spec.PodSelector = metav1.LabelSelector{MatchLabels: selector}
	return &networkingv1.NetworkPolicy{
		TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}, ObjectMeta: b.named(suffix), Spec: spec,
	}
}

func pods(selector map[string]string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: selector}}
}

func inNamespace(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: name}}
}

// ingress lets the gateway reach the ports that routes lead to.
func (b *builder) ingress() []networkingv1.NetworkPolicyIngressRule {
	targets := map[int32]bool{}
	for _, r := range b.spec.Routes {
		port, _ := b.spec.port(r.Port)
		targets[b.spec.Ports[port].Target()] = true
	}
	if len(targets) == 0 {
		return nil
	}
	rule := networkingv1.NetworkPolicyIngressRule{From: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: inNamespace(b.place.Gateway.Namespace)}}}
	for _, network := range b.place.Gateway.Sources {
		rule.From = append(rule.From, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: network}})
	}
	for _, port := range slices.Sorted(maps.Keys(targets)) {
		rule.Ports = append(rule.Ports, policyPort(corev1.ProtocolTCP, port))
	}
	return []networkingv1.NetworkPolicyIngressRule{rule}
}

func policyPort(protocol corev1.Protocol, number int32) networkingv1.NetworkPolicyPort {
	port := intstr.FromInt32(number)
	return networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: &port}
}

// egress lets the pods ask DNS, call the workloads that they name, what is in
// private networks, and what an annotation allows.
func (b *builder) egress() []networkingv1.NetworkPolicyEgressRule {
	rules := []networkingv1.NetworkPolicyEgressRule{{
		To: []networkingv1.NetworkPolicyPeer{{
			NamespaceSelector: inNamespace("kube-system"),
			PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"k8s-app": "kube-dns"}},
		}},
		Ports: []networkingv1.NetworkPolicyPort{policyPort(corev1.ProtocolUDP, 53), policyPort(corev1.ProtocolTCP, 53)},
	}}
	var callees []networkingv1.NetworkPolicyPeer
	for _, callee := range b.calls() {
		callees = append(callees, pods(map[string]string{nameLabel: callee}))
	}
	if len(callees) > 0 {
		rules = append(rules, networkingv1.NetworkPolicyEgressRule{To: callees})
	}
	if b.spec.Identity != nil { // its tokens come from the cloud's sign-in service
		rules = append(rules, anyHTTPS())
	}
	var private []networkingv1.NetworkPolicyPeer
	for _, network := range b.place.PrivateNetworks {
		private = append(private, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: network}})
	}
	if len(private) > 0 {
		rules = append(rules, networkingv1.NetworkPolicyEgressRule{To: private})
	}
	return append(rules, b.allowed()...)
}

func anyHTTPS() networkingv1.NetworkPolicyEgressRule {
	return networkingv1.NetworkPolicyEgressRule{
		To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0"}}},
		Ports: []networkingv1.NetworkPolicyPort{policyPort(corev1.ProtocolTCP, 443)},
	}
}

// allowed are the ranges of the annotation.
func (b *builder) allowed() (rules []networkingv1.NetworkPolicyEgressRule) {
	for _, text := range b.spec.Egress {
		network, port, err := egressPeer(text)
		if err != nil && b.err == nil {
			b.err = err
		}
		rule := networkingv1.NetworkPolicyEgressRule{
			To: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: network.String()}}},
		}
		if port != 0 {
			rule.Ports = []networkingv1.NetworkPolicyPort{policyPort(corev1.ProtocolTCP, port)}
		}
		rules = append(rules, rule)
	}
	return rules
}
