// Package flag evaluates feature flags: variants, rules by the attributes of who is
// asking, and a rollout to a share of them that is the same at every evaluation.
//
// A flag is written as flagd's definitions are, its rules in JSONLogic with the
// operators that Operators lists. The package owns that language and the bucketing.
// It knows neither files nor who may evaluate.
package flag
