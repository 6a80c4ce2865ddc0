package kinds

import "github.com/terrace-idp/terrace/internal/target/azuresim/arm"

// resourceKinds are the groups, in Microsoft.Resources.
func resourceKinds() []arm.Kind {
	return []arm.Kind{{
		Type: arm.TypeGroup, Scopes: arm.InSubscription, Located: true,
		Name: arm.NameRule{Pattern: `^[-\w._()]*[-\w_()]$`, Max: 90}, Async: arm.Async{Delete: arm.ByLocation},
	}}
}
