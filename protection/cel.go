package protection

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// This file writes CEL for the twin. Fields are spelled and values are quoted here and nowhere else.

const (
	// celResource is the request's resource, spelled as by Rule.GroupResource.
	celResource = `(request.resource.group == "" ? request.resource.resource : request.resource.resource + "." + request.resource.group)`
	// celInNamespace is true for what namespace selectors are about.
	celInNamespace = celResource + ` == "namespaces" || namespaceObject != null`
	// celNamespaceLabels are the labels by which a namespace selector matches: a Namespace's own, or those of the namespace
	// that the object is in.
	celNamespaceLabels = celResource + ` == "namespaces" ? (has(oldObject.metadata.labels) ? dyn(oldObject.metadata.labels) : dyn({}))` +
		` : (namespaceObject != null && has(namespaceObject.metadata.labels) ? dyn(namespaceObject.metadata.labels) : dyn({}))`
	// celHasAnnotation is true for objects that only the server can decide about, because it knows the time.
	celHasAnnotation = `(has(oldObject.metadata.annotations) && "` + BreakGlassAnnotation + `" in oldObject.metadata.annotations)`
)

// celText quotes a text. Go's escapes are CEL's.
func celText(text string) string { return strconv.Quote(text) }

// celList is a list of texts.
func celList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = celText(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// celReserved are the words that CEL does not take as the name of a field; Kubernetes has them between underscores.
var celReserved = []string{
	"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
	"package", "namespace", "return", "var", "void", "while",
}

// celField selects a field, however deep.
func celField(object string, path []string) string {
	for _, name := range path {
		if slices.Contains(celReserved, name) {
			name = "__" + name + "__"
		}
		object += "." + name
	}
	return object
}

// celValue is the value of a field: null when it or something above it is absent or null, and a text when something above it is no object.
func celValue(object string, path []string) string {
	field := celField(object, path)
	value := "has(" + field + ") ? dyn(" + field + ") : dyn(null)"
	for i := len(path) - 1; i > 0; i-- {
		above := celField(object, path[:i])
		value = fmt.Sprintf(`has(%[1]s) && dyn(%[1]s) != null ? (type(dyn(%[1]s)) == map ? (%[2]s) : dyn("")) : dyn(null)`, above, value)
	}
	return value
}

// celLabel is the value of our label on an object, empty when it has none.
func celLabel(object string) string {
	labels, key := object+".metadata.labels", celText(Label)
	return fmt.Sprintf(`has(%s) && %s in %s ? %s[%s] : ""`, labels, key, labels, labels, key)
}

func celInGroup(groups []string) string {
	return "(has(request.userInfo.groups) && request.userInfo.groups.exists(group, group in " + celList(groups) + "))"
}

func celPeople(p *people) string {
	var parts []string
	if len(p.users) > 0 {
		parts = append(parts, "(has(request.userInfo.username) && request.userInfo.username in "+celList(p.users)+")")
	}
	if len(p.groups) > 0 {
		parts = append(parts, celInGroup(p.groups))
	}
	return strings.Join(parts, " || ")
}

// celMode is the mode for the object of a request about one of these rules; empty when that is always Enforce.
func (t *Table) celMode(rules []Rule) string {
	byMode := map[Mode][]string{}
	for _, rule := range rules {
		byMode[rule.Mode] = append(byMode[rule.Mode], rule.GroupResource().String())
	}
	if len(t.namespaces) == 0 && len(byMode[Warn])+len(byMode[Audit]) == 0 {
		return ""
	}
	var text strings.Builder
	for _, n := range t.namespaces {
		fmt.Fprintf(&text, "variables.inNamespace && (%s) ? %s : ", celSelector("variables.namespaceLabels", n.source), celText(string(n.mode)))
	}
	for _, mode := range []Mode{Warn, Audit} {
		if len(byMode[mode]) > 0 {
			fmt.Fprintf(&text, "%s in %s ? %s : ", celResource, celList(byMode[mode]), celText(string(mode)))
		}
	}
	return text.String() + celText(string(Enforce))
}

// celSelector is true for labels that the selector matches.
func celSelector(labels string, selector *metav1.LabelSelector) string {
	var parts []string
	keys := make([]string, 0, len(selector.MatchLabels))
	for key := range selector.MatchLabels {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		parts = append(parts, celIn(labels, key, []string{selector.MatchLabels[key]}))
	}
	for _, requirement := range selector.MatchExpressions {
		has := fmt.Sprintf("%s in %s", celText(requirement.Key), labels)
		switch requirement.Operator {
		case metav1.LabelSelectorOpIn:
			parts = append(parts, celIn(labels, requirement.Key, requirement.Values))
		case metav1.LabelSelectorOpNotIn:
			parts = append(parts, "!"+celIn(labels, requirement.Key, requirement.Values))
		case metav1.LabelSelectorOpExists:
			parts = append(parts, has)
		case metav1.LabelSelectorOpDoesNotExist:
			parts = append(parts, "!("+has+")")
		}
	}
	if len(parts) == 0 {
		return "true"
	}
	return strings.Join(parts, " && ")
}

func celIn(labels, key string, values []string) string {
	return fmt.Sprintf("(%s in %s && %s[%s] in %s)", celText(key), labels, labels, celText(key), celList(values))
}
