package azure

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func cognitive() map[string]cost.Model {
	return map[string]cost.Model{"azurerm_cognitive_account": cognitiveAccount, "azurerm_cognitive_deployment": openAI}
}

// cognitiveAccount is what an account is asked. Accounts of OpenAI cost nothing
// beside their deployments; what has no observed price is listed.
func cognitiveAccount(r *cost.Reading) {
	if strings.HasPrefix(r.Low("sku_name", ""), "f") {
		return
	}
	switch kind := r.Low("kind", ""); kind {
	case "openai":
	case "luis":
		r.UsedAs("Speech requests", "1K transactions", "monthly_luis_speech_requests", 1000)
		r.Miss("Text requests", "the price book has prices of commitments alone")
	case "textanalytics":
		r.UsedAs("Customized summarization", "1K records", "monthly_language_customized_summarization_text_records", 1000)
		r.Miss("Text records", "the price book has prices of commitments alone")
	default:
		r.Miss("Transactions", "the price book has no prices on demand of accounts of kind "+r.Str("kind", "that is not known"))
	}
}

func openAI(r *cost.Reading) {
	model := r.Low("model.name", "")
	use := func(name, unit, key string, per float64) {
		p := cost.Part{Name: strings.ReplaceAll(name, "MODEL", model), Unit: unit, Quantity: r.Told(key, per), Variant: r.Str("model.version", ""), Usage: true}
		if !r.Priced(p) {
			p.Variant = ""
		}
		r.Add(p)
	}
	switch {
	case strings.HasPrefix(model, "text-embedding"):
		use("Text embeddings (MODEL)", "1K tokens", "monthly_text_embedding_tokens", 1000)
	case strings.HasPrefix(model, "dall-e"):
		use("Standard 1024x1024 images (MODEL)", "100 images", "monthly_standard_1024_1024_images", 100)
		if model == "dall-e-3" {
			use("Standard 1024x1792 images (MODEL)", "100 images", "monthly_standard_1024_1792_images", 100)
			use("HD 1024x1024 images (MODEL)", "100 images", "monthly_hd_1024_1024_images", 100)
			use("HD 1024x1792 images (MODEL)", "100 images", "monthly_hd_1024_1792_images", 100)
		}
	case model == "whisper":
		use("Text to speech (MODEL)", "hours", "monthly_text_to_speech_hours", 1)
	case strings.HasPrefix(model, "tts"):
		use("Text to speech (MODEL)", "1M characters", "monthly_text_to_speech_characters", 1e6)
	default:
		language(r, model, use)
	}
}

func language(r *cost.Reading, model string, use func(name, unit, key string, per float64)) {
	if strings.HasSuffix(model, "-002") {
		use("Base model tokens (MODEL)", "1K tokens", "monthly_base_model_tokens", 1000)
	} else {
		use("Text input (MODEL)", "1K tokens", "monthly_language_input_tokens", 1000)
		use("Text output (MODEL)", "1K tokens", "monthly_language_output_tokens", 1000)
		if r.Priced(cost.Part{Name: "Cached text input (" + model + ")"}) {
			use("Cached text input (MODEL)", "1K tokens", "monthly_language_cached_input_tokens", 1000)
		}
		r.UsedAs("Code interpreter sessions", "sessions", "monthly_code_interpreter_sessions", 1)
	}
	if r.Priced(cost.Part{Name: "Fine tuning training (" + model + ")"}) {
		use("Fine tuning training (MODEL)", "hours", "monthly_fine_tuning_training_hours", 1)
		use("Fine tuning hosting (MODEL)", "hours", "monthly_fine_tuning_hosting_hours", 1)
		use("Fine tuning input (MODEL)", "1K tokens", "monthly_fine_tuning_input_tokens", 1000)
		use("Fine tuning output (MODEL)", "1K tokens", "monthly_fine_tuning_output_tokens", 1000)
	}
}
