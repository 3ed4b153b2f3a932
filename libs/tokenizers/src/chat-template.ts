import { UserError } from '@egolab/foundation';
import { Template } from '@huggingface/jinja';

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

interface TemplateContext {
  messages: readonly ChatMessage[];
  add_generation_prompt: boolean;
  bos_token?: string;
  eos_token?: string;
  pad_token?: string;
  unk_token?: string;
}

/**
 * Fill in a chat template, with the variables that transformers' `apply_chat_template` gives.
 *
 * @throws UserError when the model has no template, or when the template refuses the messages (Mistral's first one
 * accepts no system role, for instance)
 */
export function renderChatTemplate(template: string | undefined, context: TemplateContext, source: string): string {
  if (template === undefined) {
    throw new UserError({
      what: 'the model has no chat template',
      where: source,
      mend: 'give the prompt as plain text, or take an instruction-tuned model',
    });
  }
  try {
    return new Template(template).render({ ...context });
  } catch (error) {
    throw new UserError({
      what: `the chat template refuses the messages: ${(error as Error).message}`,
      where: source,
      mend: 'check the order and the roles of the messages',
      cause: error,
    });
  }
}
