package sklearn

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// textual tells whether an object takes texts, of which it does not say that they are one
// column.
func textual(name string) bool {
	return name == "CountVectorizer" || name == "TfidfVectorizer" || name == "HashingVectorizer"
}

// countVectorizer counts the terms of a text that training knew.
func (r *reader) countVectorizer(o *object, in matrix) (matrix, error) {
	step, err := r.text(o, in)
	if err != nil {
		return in, err
	}
	if step.Terms = o.terms(); o.err != nil {
		return in, o.err
	}
	return r.counted(o, step, len(step.Terms))
}

// tfidfVectorizer weighs what it counts.
func (r *reader) tfidfVectorizer(o *object, in matrix) (matrix, error) {
	counts, err := r.countVectorizer(o, in)
	if err != nil {
		return in, err
	}
	weights, err := r.open(o.value("_tfidf"), join(o.path, "_tfidf"))
	if err != nil {
		return in, err
	}
	return r.tfidfTransformer(weights, counts)
}

// hashingVectorizer counts every term of a text, in a column that its hash names.
func (r *reader) hashingVectorizer(o *object, in matrix) (matrix, error) {
	step, err := r.text(o, in)
	if err != nil {
		return in, err
	}
	n := o.integer("n_features")
	step.Signed = o.flag("alternate_sign", true)
	if o.err == nil && n > model.MaxTerms {
		return in, o.refuse("n_features="+strconv.Itoa(n), "at most "+strconv.Itoa(model.MaxTerms)+" columns")
	}
	if o.err != nil {
		return in, o.err
	}
	out, err := r.counted(o, step, n)
	if err != nil {
		return in, err
	}
	out.zeros = step.Signed && !step.Binary
	return r.lengthOne(o, out)
}

// counted appends the step that counts, with n columns.
func (r *reader) counted(o *object, step model.Text, n int) (matrix, error) {
	if n < 1 || n > model.MaxTerms {
		return matrix{}, o.wrong("%d terms; at least 1 and at most %d", n, model.MaxTerms)
	}
	elem, err := o.countType()
	if err != nil {
		return matrix{}, err
	}
	if step.Out, err = r.columns(o, n, numeric); err != nil {
		return matrix{}, err
	}
	r.step(step)
	o.detail("%d terms", n)
	return matrix{cols: step.Out, sparse: true, elem: elem}, o.err
}

// countType is the type of the counts, which none is too many for.
func (o *object) countType() (element, error) {
	d, _ := o.value("dtype").(*pickle.Class)
	if d == nil {
		return 0, firstOf(o.err, o.refuse("a dtype that is a "+typeName(o.value("dtype")), "numpy's types by name"))
	}
	switch d.Name {
	case "int64", "float64", "int32", "int", "float":
		return wide, nil
	case "float32":
		return single, nil
	}
	return 0, o.refuse("dtype="+d.Name, "int32, int64, float32, float64")
}

// text reads how a text becomes terms.
func (r *reader) text(o *object, in matrix) (model.Text, error) {
	s := model.Text{By: o.by()}
	if len(in.cols) != 1 {
		return s, o.wrong("it takes one column of texts, but gets %d", len(in.cols))
	}
	s.In = in.cols[0]
	if int(s.In) >= len(r.m.Features) {
		return s, o.refuse("texts that another step made", "texts of the input")
	}
	if err := r.hold(o, s.In, text); err != nil {
		return s, err
	}
	for _, name := range [...]string{"preprocessor", "tokenizer"} {
		if o.has(name) {
			return s, o.refuse("a "+name+" of its own", "its own settings")
		}
	}
	if v := o.value("strip_accents"); v != nil && v != false {
		s.Accents = map[string]model.Accents{"ascii": model.ASCIIOnly, "unicode": model.NoAccents}[o.only("strip_accents", "ascii", "unicode")]
	}
	o.only("input", "content")
	analyzers := map[string]model.Analyzer{"word": model.Words, "char": model.Characters, "char_wb": model.WordsBroken}
	s.Analyzer = analyzers[o.only("analyzer", "word", "char", "char_wb")]
	s.Lower, s.Binary = o.flag("lowercase", true), o.flag("binary", false)
	o.ngrams(&s)
	if s.Analyzer == model.Words {
		o.pattern(&s)
		o.stopWords(&s)
	}
	return s, o.err
}

func (o *object) ngrams(s *model.Text) {
	limits, ok := items(o.value("ngram_range"))
	if !ok || len(limits) != 2 {
		o.fail("attribute ngram_range is not a pair")
		return
	}
	least, ok1 := limits[0].(int64)
	most, ok2 := limits[1].(int64)
	if !ok1 || !ok2 || least < 1 || most < least {
		o.fail("attribute ngram_range is not a range of numbers from 1")
		return
	}
	if most > model.MaxNgram {
		o.err = o.refuse("an ngram_range up to "+strconv.FormatInt(most, 10), "up to "+strconv.Itoa(model.MaxNgram))
		return
	}
	s.Min, s.Max = int(least), int(most)
}

// pattern reads token_pattern: words of at least so many characters, or all between white space.
func (o *object) pattern(s *model.Text) {
	p := o.text("token_pattern")
	if p == `\S+` || p == `(?u)\S+` {
		s.Analyzer, s.Least = model.Runs, 1
		return
	}
	switch p {
	case `(?u)\b\w\w+\b`, `\b\w\w+\b`, `\w\w+`, `(?u)\w\w+`:
		s.Least = 2
	case `(?u)\b\w+\b`, `\b\w+\b`, `\w+`, `(?u)\w+`:
		s.Least = 1
	case `(?u)\b\w\w\w+\b`, `\b\w\w\w+\b`, `\w\w\w+`:
		s.Least = 3
	default:
		if m := repeated.FindStringSubmatch(p); m != nil && o.err == nil {
			s.Least, _ = strconv.Atoi(m[1])
			return
		}
		if _, err := model.ParsePattern(p); err != nil || o.err != nil {
			o.err = firstOf(o.err, o.refuse(fmt.Sprintf("token_pattern=%.100q (%v)", p, err), "patterns of sets of characters, repetitions, alternatives and \\b"))
			return
		}
		s.Analyzer, s.Pattern = model.Matches, p
	}
}

// repeated is the regular expression of words of at least n characters.
var repeated = regexp.MustCompile(`^(?:\(\?u\))?(?:\\b)?\\w\{([1-9][0-9]?),\}(?:\\b)?$`)

// stopWords reads the words that are left out.
func (o *object) stopWords(s *model.Text) {
	switch v := o.value("stop_words"); v := v.(type) {
	case nil:
	case string:
		if v != "english" {
			o.fail("stop_words=%q is no list that there is", v)
			return
		}
		s.Stop = english()
	default:
		words, ok := items(v)
		if set, isSet := v.(*pickle.Set); isSet {
			words, ok = set.Items, true
		}
		if !ok || !o.r.spend(len(words)) {
			o.fail("attribute stop_words is a %s, not a list of words", typeName(v))
			return
		}
		for _, w := range words {
			word, ok := w.(string)
			if !ok {
				o.fail("attribute stop_words holds a %s", typeName(w))
				return
			}
			s.Stop = append(s.Stop, word)
		}
		slices.Sort(s.Stop)
		s.Stop = slices.Compact(s.Stop)
	}
}

// terms reads vocabulary_: the terms in the order of their columns.
func (o *object) terms() []string {
	d, ok := o.value("vocabulary_").(*pickle.Dict)
	if !ok {
		o.fail("attribute vocabulary_ is not a dict; is the object fitted?")
		return nil
	}
	n := len(d.Keys)
	if n == 0 || n > model.MaxTerms {
		o.err = o.refuse("a vocabulary of "+strconv.Itoa(n)+" terms", "at most "+strconv.Itoa(model.MaxTerms))
		return nil
	}
	if !o.r.spend(n) {
		o.fail("%v", errWork)
		return nil
	}
	out, seen := make([]string, n), make([]bool, n)
	for i, k := range d.Keys {
		term, isText := k.(string)
		x, isNumber := number(d.Values[i])
		if !isText || !isNumber || x != math.Trunc(x) || x < 0 || x >= float64(n) || seen[int(x)] {
			o.fail("attribute vocabulary_ does not give each term a column of its own")
			return nil
		}
		out[int(x)], seen[int(x)] = term, true
	}
	return out
}

// tfidfTransformer weighs counts by how rare terms are.
func (r *reader) tfidfTransformer(o *object, in matrix) (matrix, error) {
	if err := r.full(o, in); err != nil {
		return in, err
	}
	step := model.TermWeights{In: in.cols, Sublinear: o.flag("sublinear_tf", false)}
	if o.flag("use_idf", true) {
		step.Weights = o.idf(len(in.cols))
	}
	var err error
	if step.Out, err = r.columns(o, len(in.cols), numeric); err != nil || o.err != nil {
		return in, firstOf(o.err, err)
	}
	r.step(step)
	r.blur(step.Out)
	return r.lengthOne(o, matrix{cols: step.Out, sparse: true, zeros: in.zeros})
}

// idf reads the weights of n terms, which older versions keep as a diagonal matrix.
func (o *object) idf(n int) []float64 {
	if o.has("idf_") {
		return o.vector("idf_", n)
	}
	if o.has("_idf_diag") {
		if diagonal, ok := o.value("_idf_diag").(*pickle.Object); ok {
			for _, name := range [...]string{"data", "_data"} {
				a, ok := attribute[*pickle.Array](diagonal, name)
				if !ok || a.Dtype.Kind != 'f' {
					continue
				}
				if x, err := o.r.floats(a); err == nil && len(x) == n {
					return x
				}
			}
		}
	}
	o.fail("there are no weights of %d terms; is the object fitted?", n)
	return nil
}

// lengthOne divides each row by its norm, if one is named.
func (r *reader) lengthOne(o *object, in matrix) (matrix, error) {
	if !o.has("norm") {
		return in, o.err
	}
	norms := map[string]model.Norm{"l1": model.NormL1, "l2": model.NormL2}
	if in.elem == single {
		return in, o.refuse("a norm of float32", "dtype=float64, or norm=None")
	}
	norm := norms[o.only("norm", "l1", "l2")]
	out, err := r.columns(o, len(in.cols), numeric)
	if err != nil || o.err != nil {
		return in, firstOf(o.err, err)
	}
	r.step(model.Normalize{In: in.cols, Out: out, Norm: norm, Least: math.SmallestNonzeroFloat64})
	r.blur(out)
	in.cols = out
	return in, nil
}
