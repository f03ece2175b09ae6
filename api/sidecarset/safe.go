package sidecarset

// safeAlphabet has no vowels, so that no hash reads like a word, and nothing that is easily mistaken for something else.
// It is that of SafeEncodeString in k8s.io/apimachinery/pkg/util/rand, a package that is kept out of here because it also
// brings a source of random numbers.
const safeAlphabet = "bcdfghjklmnpqrstvwxz2456789"

// Safe replaces every byte of text by a letter or digit. It cannot be reversed: different bytes may become the same.
func Safe(text string) string {
	safe := make([]byte, len(text))
	for i := range len(text) {
		safe[i] = safeAlphabet[int(text[i])%len(safeAlphabet)]
	}
	return string(safe)
}
