// A joint case: a name that is pressed is called in the message, and the talk stands at its newest line.
const talk = document.querySelector(".talk"), text = /** @type {HTMLTextAreaElement|null} */ (document.getElementById("say"));
if (talk) talk.scrollTop = talk.scrollHeight;
document.addEventListener("click", event => {
  const name = event.target instanceof HTMLElement ? event.target.dataset.name : undefined;
  const box = /** @type {HTMLTextAreaElement|null} */ (document.getElementById("say"));
  if (!name || !box) return;
  box.setRangeText(`@${name} `, box.selectionStart, box.selectionEnd, "end");
  box.focus();
});
window.addEventListener("zhili:renewed", () => { const list = document.querySelector(".talk"); if (list) list.scrollTop = list.scrollHeight; });
if (location.hash === "#talk") text?.focus();
