package protection

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/api/wire"
)

// maxBreakGlass bounds how long an annotation may open the way: longer is no emergency.
const maxBreakGlass = 24 * time.Hour

// ParseConfiguration reads a configuration file, in YAML or JSON, and adds it to what OpenKruise protects. It is strict: unknown,
// repeated or wrongly spelled members, unknown values and rules that contradict each other are errors, which name the member,
// and all at once.
func ParseConfiguration(text []byte) (*Table, error) {
	document, err := onlyDocument(text)
	if err != nil {
		return nil, err
	}
	asJSON, err := wire.FromYAML(document)
	if err != nil {
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	var c Configuration
	strict, err := kjson.UnmarshalStrict(asJSON, &c)
	if err != nil {
		return nil, fmt.Errorf("not a %s configuration: %w", ConfigurationKind, err)
	}
	if len(strict) > 0 {
		return nil, oneByOne(strict)
	}
	if c.APIVersion != ConfigurationAPIVersion || c.Kind != ConfigurationKind {
		return nil, fmt.Errorf("apiVersion %q, kind %q: unsupported, expected apiVersion %q, kind %q",
			c.APIVersion, c.Kind, ConfigurationAPIVersion, ConfigurationKind)
	}
	table, errs := c.table()
	if len(errs) > 0 {
		return nil, oneByOne(errs)
	}
	return table, nil
}

// oneByOne is one error that says all that is wrong.
func oneByOne[E error](mistakes []E) error {
	texts := make([]string, len(mistakes))
	for i, mistake := range mistakes {
		texts[i] = mistake.Error()
	}
	return errors.New(strings.Join(texts, "; "))
}

// onlyDocument returns the one YAML document of the text that is not empty.
func onlyDocument(text []byte) ([]byte, error) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	var only []byte
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("not YAML: %w", err)
		}
		if value, err := yaml.YAMLToJSON(document); err == nil && string(value) == "null" {
			continue // comments alone
		}
		if only != nil {
			return nil, errors.New("more than one YAML document: put everything into one")
		}
		only = document
	}
	if only == nil {
		return nil, errors.New("the file is empty")
	}
	return only, nil
}

// table makes a Table of the file, which is of use only when nothing is wrong with it.
func (c *Configuration) table() (*Table, field.ErrorList) {
	var errs field.ErrorList
	table := Default()
	fail := func(err *field.Error) { errs = append(errs, err) }
	c.addRules(table, fail)
	for i, n := range c.Namespaces {
		table.namespaces = append(table.namespaces, n.parse(field.NewPath("namespaces").Index(i), fail))
	}
	if c.BreakGlass != nil {
		table.breakGlass = c.BreakGlass.parse(field.NewPath("breakGlass"), fail)
	}
	if c.LabelGuard != nil {
		path := field.NewPath("labelGuard")
		table.guard = &people{
			users:  names(c.LabelGuard.Users, path.Child("users"), fail),
			groups: names(c.LabelGuard.Groups, path.Child("groups"), fail),
		}
		if len(c.LabelGuard.Users)+len(c.LabelGuard.Groups) == 0 {
			fail(field.Required(path, "name the users or groups that may remove or weaken the label"))
		}
	}
	if c.NamespaceContent != nil {
		table.content = c.NamespaceContent.parse(table.rules, field.NewPath("namespaceContent", "resources"), fail)
	}
	if c.CRDInstances != nil {
		table.instanceGroups = c.CRDInstances.parse(field.NewPath("crdInstances", "groups"), fail)
	}
	return table, errs
}

func (n NamespaceConfiguration) parse(path *field.Path, fail func(*field.Error)) namespaceMode {
	parsed := namespaceMode{source: n.Selector, mode: mode(n.Mode, path.Child("mode"), fail)}
	if n.Selector == nil {
		fail(field.Required(path.Child("selector"), "write {} for all namespaces"))
		return parsed
	}
	mistakes := metav1validation.ValidateLabelSelector(n.Selector, metav1validation.LabelSelectorValidationOptions{}, path.Child("selector"))
	for _, mistake := range mistakes {
		fail(mistake)
	}
	var err error
	if parsed.selector, err = metav1.LabelSelectorAsSelector(n.Selector); err != nil && len(mistakes) == 0 {
		fail(field.Invalid(path.Child("selector"), metav1.FormatLabelSelector(n.Selector), err.Error()))
	}
	return parsed
}

// mode checks a mode.
func mode(m Mode, path *field.Path, fail func(*field.Error)) Mode {
	switch m {
	case Enforce, Warn, Audit:
	case "":
		fail(field.Required(path, "write Enforce, Warn or Audit"))
	default:
		fail(field.NotSupported(path, m, []Mode{Enforce, Warn, Audit}))
	}
	return m
}

func (b *BreakGlassConfiguration) parse(path *field.Path, fail func(*field.Error)) breakGlass {
	parsed := breakGlass{groups: names(b.Groups, path.Child("groups"), fail)}
	for i, group := range b.Groups {
		// Nearly everybody is in these, so that nothing would be protected any more.
		if slices.Contains([]string{"system:authenticated", "system:unauthenticated", "system:serviceaccounts"}, group) {
			fail(field.Invalid(path.Child("groups").Index(i), group, "nearly everybody is in this group; name one of a few people"))
		}
	}
	switch {
	case b.Annotation == nil && len(b.Groups) == 0:
		fail(field.Required(path, "set groups or annotation, or leave breakGlass out"))
	case b.Annotation != nil:
		var err error
		parsed.maxDuration, err = time.ParseDuration(b.Annotation.MaxDuration)
		if err != nil || parsed.maxDuration <= 0 || parsed.maxDuration > maxBreakGlass {
			fail(field.Invalid(path.Child("annotation", "maxDuration"), b.Annotation.MaxDuration,
				fmt.Sprintf("must be a time such as 90m, above 0 and at most %gh", maxBreakGlass.Hours())))
		}
	}
	return parsed
}

func (c *NamespaceContentConfiguration) parse(rules []Rule, path *field.Path, fail func(*field.Error)) (content []Rule) {
	if len(c.Resources) == 0 {
		fail(field.Required(path, "name at least one resource, or leave namespaceContent out"))
	}
	for i, r := range c.Resources {
		name := schema.GroupResource{Group: r.Group, Resource: r.Resource}
		known := slices.IndexFunc(rules, func(rule Rule) bool { return rule.GroupResource() == name })
		switch {
		case slices.Contains(c.Resources[:i], r):
			fail(field.Duplicate(path.Index(i), name.String()))
		case known < 0:
			fail(field.Invalid(path.Index(i), name.String(), "is not protected; add a rule for it"))
		case !rules[known].Namespaced():
			fail(field.Invalid(path.Index(i), name.String(), "is in no namespace"))
		default:
			content = append(content, rules[known])
		}
	}
	return content
}

func (c *CRDInstancesConfiguration) parse(path *field.Path, fail func(*field.Error)) []string {
	for i, group := range c.Groups {
		if !isDomain(group) {
			fail(field.Invalid(path.Index(i), group, "must be the group of custom resources, such as db.example.com"))
		}
	}
	return append([]string{}, names(c.Groups, path, fail)...)
}

// names checks a list of users or groups: none empty, none twice.
func names(list []string, path *field.Path, fail func(*field.Error)) []string {
	for i, name := range list {
		if strings.TrimSpace(name) == "" {
			fail(field.Invalid(path.Index(i), name, "must not be empty"))
		}
		if slices.Contains(list[:i], name) {
			fail(field.Duplicate(path.Index(i), name))
		}
	}
	return slices.Clone(list)
}
