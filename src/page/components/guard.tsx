/** Keeps an error in one screen from blanking the whole page. */

import { Component, type ComponentChildren } from 'preact'
import { Page } from './page.tsx'
import { Notice } from './notice.tsx'

export interface GuardProps {
  /** What is shown. Another one is tried again after an error. */
  of: object
  children: ComponentChildren
}

interface GuardState {
  /** What could not be shown. */
  failed?: object
}

/** Shows an error in place of a screen that throws while it is drawn. */
export class Guard extends Component<GuardProps, GuardState> {
  override componentDidCatch(error: unknown): void {
    console.error(error)
    this.setState({ failed: this.props.of })
  }

  override render({ of, children }: GuardProps, { failed }: GuardState) {
    if (failed !== of) return children
    return (
      <Page title="This screen cannot be shown">
        <Notice tone="bad" title="The page has an error.">
          <p>Reload the page. If it happens again, please report it.</p>
          <button type="button" onClick={() => globalThis.location.reload()}>
            Reload the page
          </button>
        </Notice>
      </Page>
    )
  }
}
